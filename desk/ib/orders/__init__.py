"""The broker's side of orders: IB's word on each, by orderRef, permId and execId; the gate; the look-up."""
