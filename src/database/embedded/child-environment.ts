/** The environment for a child process: the service's own, with these on top. */
export function childEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  // oxlint-disable-next-line node/no-process-env -- handed on whole (proxies, mirrors, library paths), not read
  return { ...process.env, ...more };
}
