/** Somebody who signed up. */
export interface User {
  _id: string;
  /** Folded, unique. Only shown to the person. */
  email: string;
  /** As sent. */
  name: string;
  photoURL: string | null;
  createdAt: Date;
}

/** Somebody who is about to sign up. */
export interface NewUser {
  /** As sent; folded by the repository. */
  email: string;
  name: string;
  photoURL: string | null;
  passwordHash: string;
}

/** What a person can change about themselves; what is left out keeps its value. */
export interface ProfileChanges {
  name?: string;
  photoURL?: string | null;
}

/** What a sign-in is checked against. */
export interface Credentials {
  userId: string;
  /** In PHC string format. */
  passwordHash: string;
}

/** A person as they see themselves, over the wire. */
export interface Account {
  _id: string;
  name: string;
  email: string;
  photoURL: string | null;
  /** ISO 8601 UTC with milliseconds. */
  createdAt: string;
}

/** The person as they see themselves. */
export function accountOf({ _id, name, email, photoURL, createdAt }: User): Account {
  return { _id, name, email, photoURL, createdAt: createdAt.toISOString() };
}
