"""What the line's vendor promises on the wire, as data that can be checked."""

from telephony.contract.breach import Breach
from telephony.contract.openapi import check_answer, check_request, find_operation
from telephony.contract.twiml import check_twiml, read_twiml

__all__ = ["Breach", "check_answer", "check_request", "check_twiml", "find_operation", "read_twiml"]
