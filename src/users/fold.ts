/**
 * How names are compared when people search: without regard to case and to compatibility forms (full width,
 * ligatures). Blanks count, so that what was typed so far is a prefix of what is meant.
 */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/**
 * How e-mail addresses are compared: without regard to case. Nothing else is folded, since compatibility forms
 * or dots may well be another mailbox; only composed and decomposed letters are one (RFC 6532, 3.1).
 */
export function foldEmail(email: string): string {
  return email.normalize('NFC').toLowerCase();
}
