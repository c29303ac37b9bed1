"""Third-party servers that sendmail sends to."""

from receivers.dovecot import DovecotReceiver
from receivers.exim import EximReceiver
from receivers.postfix import PostfixReceiver
from receivers.receiver import Receiver

RECEIVERS: tuple[Receiver, ...] = (PostfixReceiver(), EximReceiver(), DovecotReceiver())
