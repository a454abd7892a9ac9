/** A setting that stops the start: one line that names the variable and says what is wrong. Never holds a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
