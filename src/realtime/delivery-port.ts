import { Injectable } from '@nestjs/common';

/** A range of numbers of one conversation that a connection was given without a hole. */
export interface GivenRange {
  conversationId: string;
  from: number;
  to: number;
}

type Confirmed = (userId: string, ranges: GivenRange[]) => void;

/** The port by which the feature that keeps receipts hears what connections have confirmed. */
@Injectable()
export class DeliveryPort {
  private confirmed: Confirmed | undefined;

  register(confirmed: Confirmed): void {
    this.confirmed = confirmed;
  }

  confirm(userId: string, ranges: GivenRange[]): void {
    this.confirmed?.(userId, ranges);
  }
}
