//! TLS: the server's certificate, from files or made on the spot.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::options::{Certificate, Options};

/// How long a handshake before the greeting may take.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(60);

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What does the handshakes, if there is to be TLS.
pub(crate) fn acceptor(options: &Options) -> Result<Option<TlsAcceptor>, Box<dyn Error>> {
    let (chain, key) = match &options.certificate {
        None => return Ok(None),
        Some(Certificate::SelfSigned) => self_signed(&options.hostname)?,
        Some(Certificate::Files { chain, key }) => (
            CertificateDer::pem_file_iter(chain)?.collect::<Result<_, _>>()?,
            PrivateKeyDer::from_pem_file(key)?,
        ),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // RFC 9266 §4.2: else what TLS 1.2 exports does not name the channel.
    config.require_ems = true;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn self_signed(hostname: &str) -> Result<Identity, rcgen::Error> {
    let names = [hostname, "localhost", "127.0.0.1", "::1"].map(String::from);
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    Ok((vec![made.cert.into()], key))
}
