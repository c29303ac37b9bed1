//! TLS: the server's certificate, from files or made on the spot, and those of
//! clients.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use webpki::EndEntityCert;

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
        .with_client_cert_verifier(verifier(options.client_ca.as_deref())?)
        .with_single_cert(chain, key)?;
    // RFC 9266 §4.2: else what TLS 1.2 exports does not name the channel.
    config.require_ems = true;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Whose certificates clients may show; none has to.
fn verifier(authorities: Option<&Path>) -> Result<Arc<dyn ClientCertVerifier>, Box<dyn Error>> {
    let Some(authorities) = authorities else {
        return Ok(WebPkiClientVerifier::no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authorities)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    Ok(verifier.allow_unauthenticated().build()?)
}

/// Whom a certificate names: the first of its DNS names that is not a pattern.
pub(crate) fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let mut names = certificate.valid_dns_names();
    names.find(|name| !name.contains('*')).map(str::to_owned)
}

fn self_signed(hostname: &str) -> Result<Identity, rcgen::Error> {
    let names = [hostname, "localhost", "127.0.0.1", "::1"].map(String::from);
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    Ok((vec![made.cert.into()], key))
}
