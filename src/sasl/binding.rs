//! Channel binding (RFC 5056): what ties an exchange to the TLS it is in.

use crate::Secret;

/// What names a TLS channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindingType {
    /// `tls-exporter` (RFC 9266), for TLS 1.3: 32 octets of keying material,
    /// exported with the label `EXPORTER-Channel-Binding` and an empty context.
    TlsExporter,
    /// `tls-server-end-point` (RFC 5929 §4): the hash of the server's
    /// certificate, by SHA-256 where its signature is by MD5 or SHA-1, else by
    /// the signature's hash.
    TlsServerEndPoint,
    /// `tls-unique` (RFC 5929 §3): the first Finished message, for TLS 1.2 with
    /// the extended master secret (RFC 7627) and no later.
    TlsUnique,
}

impl BindingType {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
            Self::TlsUnique => "tls-unique",
        }
    }
}

/// A TLS channel, for the `-PLUS` mechanisms: both sides must have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelBinding {
    pub(super) kind: BindingType,
    pub(super) data: Secret,
}

impl ChannelBinding {
    /// The channel of which TLS says that.
    #[must_use]
    pub fn new(kind: BindingType, data: impl Into<Secret>) -> Self {
        Self {
            kind,
            data: data.into(),
        }
    }
}
