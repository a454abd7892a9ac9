/** What each event of the server says, in words; `name` gives the name of a person by id. */
export const HEARD = {
  ready: () => 'is connected',
  friendRequest: ({ from, to, note }) => `request from ${from.name} to ${to.name}: "${note}"`,
  friendAccepted: (friend) => `is now friends with ${friend.name}`,
  userStatus: ({ userId, isOnline }, name) => `sees ${name(userId)} ${isOnline ? 'online' : 'offline'}`,
  typingStatus: ({ senderId, isTyping }, name) =>
    `sees ${name(senderId)} ${isTyping ? 'typing ...' : 'stop typing'}`,
  receiveMessage: (message) => `reads ${quoted(message)}`,
  messageSent: (message) => `sees it sent: ${quoted(message)}`,
  conversationUpdated: (settings) => `has the settings: ${settingsOf(settings)}`,
  disconnect: () => 'is disconnected',
};

/** @returns {string} a message in words */
export function quoted({ text, attachment, seq }) {
  const what = [text && `"${text}"`, attachment && `[${attachment.type}]`].filter(Boolean).join(' ');
  return `${what} (no. ${seq})`;
}

/** @returns {string} what is set in a conversation's settings, in words */
export function settingsOf(settings) {
  const on = [
    settings.isPinned && 'pinned',
    settings.isFavorite && 'favourite',
    settings.isBlocked && 'blocked',
  ];
  return on.filter(Boolean).join(', ') || 'none';
}
