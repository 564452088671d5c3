"""The vendor Twilio: its words end here."""
