"""Third-party servers that sendmail and blocking_client send to."""

from peers import Peer
from receivers.aiosmtpd import AiosmtpdReceiver
from receivers.dovecot import DovecotReceiver
from receivers.exim import EximReceiver
from receivers.nobody import Nobody
from receivers.nodemailer import NodemailerReceiver
from receivers.opensmtpd import OpenSmtpdReceiver
from receivers.postfix import PostfixReceiver
from receivers.smtp_sink import SmtpSinkReceiver

RECEIVERS: tuple[Peer, ...] = (
    AiosmtpdReceiver(),
    SmtpSinkReceiver(),
    NodemailerReceiver(),
    PostfixReceiver(),
    EximReceiver(),
    OpenSmtpdReceiver(),
    DovecotReceiver(),
    Nobody(),
)
