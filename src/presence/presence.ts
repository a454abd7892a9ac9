/** Whether somebody is there, and when they last were; `null` for someone who was never online. */
export interface PresenceState {
  isOnline: boolean;
  /** While online the moment they came, afterwards the moment their last socket went. */
  lastSeen: Date | null;
}
