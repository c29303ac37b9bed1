"""Third-party servers that sendmail sends to."""

from receivers.aiosmtpd import AiosmtpdReceiver
from receivers.dovecot import DovecotReceiver
from receivers.exim import EximReceiver
from receivers.nodemailer import NodemailerReceiver
from receivers.opensmtpd import OpenSmtpdReceiver
from receivers.postfix import PostfixReceiver
from receivers.receiver import Receiver

RECEIVERS: tuple[Receiver, ...] = (
    PostfixReceiver(),
    EximReceiver(),
    OpenSmtpdReceiver(),
    DovecotReceiver(),
    NodemailerReceiver(),
    AiosmtpdReceiver(),
)
