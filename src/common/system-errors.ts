const SPOKEN: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk: free some',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'there is a file of that name',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'there is no such file',
};

/** The code of a system error (`ENOSPC`), or `undefined` for any other thing thrown. */
export function errorCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** What went wrong, as short words on one line that fit into a longer sentence. */
export function shortReason(error: unknown): string {
  const spoken = SPOKEN[errorCode(error) ?? ''];
  if (spoken) return spoken;
  const { message } = (error ?? {}) as { message?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}
