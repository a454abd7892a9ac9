/**
 * Every error a client can be told, by its stable code: the HTTP status, the sentence for a person and, for
 * the OpenAPI document, when it happens. Clients branch on the code; the sentence may change.
 */
export const ERRORS = {
  validation_failed: {
    status: 400,
    message: 'Some of the input is missing or not valid.',
    when: 'A field or parameter is missing, unknown, or of the wrong type, length or format; `errors` names each.',
  },
  malformed_json: {
    status: 400,
    message: 'The request body is not valid JSON.',
    when: 'The body cannot be parsed.',
  },
  to_oneself: {
    status: 400,
    message: 'This cannot be done with oneself.',
    when: 'The other person is the caller.',
  },
  seq_out_of_range: {
    status: 400,
    message: 'There is no message with this number yet.',
    when: 'A receipt names a number above the last one.',
  },
  unknown_event: {
    status: 400,
    message: 'The server does not know this event.',
    when: 'A socket event of this name does not exist.',
  },
  unauthorized: {
    status: 401,
    message: 'A valid access token is needed.',
    when: 'The token is missing or not valid.',
  },
  token_expired: {
    status: 401,
    message: 'The access token has expired.',
    when: 'The token is past its `exp`.',
  },
  session_revoked: {
    status: 401,
    message: 'The session has ended. Please sign in again.',
    when: 'The session of this token was ended by logout, a password change or another device.',
  },
  invalid_credentials: {
    status: 401,
    message: 'The e-mail address or the password is wrong.',
    when: 'E-mail and password do not belong together, or nobody has this e-mail.',
  },
  refresh_reused: {
    status: 401,
    message: 'This refresh token was used before. The session has been ended.',
    when: 'A refresh token that was already exchanged came again, later than 30 s or after its successor.',
  },
  not_friends: {
    status: 403,
    message: 'Only friends can do this with each other.',
    when: 'The two are not friends.',
  },
  recipient_blocked: {
    status: 403,
    message: 'You have blocked this person.',
    when: 'The caller blocks the other person.',
  },
  not_found: {
    status: 404,
    message: 'There is nothing here.',
    when: 'The route, person, request or session does not exist for the caller.',
  },
  email_taken: {
    status: 409,
    message: 'Someone has already signed up with this e-mail address.',
    when: 'The e-mail belongs to another account.',
  },
  already_friends: {
    status: 409,
    message: 'You are friends already.',
    when: 'The two are friends.',
  },
  client_message_id_reused: {
    status: 409,
    message: 'This clientMessageId was used for another message.',
    when: 'The id was sent before in this conversation with other content.',
  },
  too_large: { status: 413, message: 'The request is too large.', when: 'The body is over 1 MiB.' },
  unsupported_media_type: {
    status: 415,
    message: 'The request body must be JSON.',
    when: 'The content type is not JSON.',
  },
  rate_limited: {
    status: 429,
    message: 'Too many requests. Please wait a moment.',
    when: 'The caller is over a rate limit; wait `Retry-After` (over the socket `retryAfter`) seconds.',
  },
  internal: { status: 500, message: 'Something went wrong on the server.', when: 'A fault of the server.' },
  unavailable: {
    status: 503,
    message: 'The service cannot do this right now. Please try again.',
    when: 'The database cannot be reached or the server is stopping. A message was not stored; another change may have been.',
  },
  outcome_unknown: {
    status: 503,
    message: 'It is not known whether the message was stored. Send it again with the same clientMessageId.',
    when: 'The database did not confirm the message within 15 s; the same clientMessageId settles it.',
  },
} as const satisfies Record<string, { status: number; message: string; when: string }>;

export type ErrorCode = keyof typeof ERRORS;
