//! TLS: whom to believe, and who the client is.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ehlo::Secret;
use tokio_rustls::TlsConnector;
use tokio_rustls::client;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme,
};

use crate::connection::Stream;
use crate::options::{Certificate, Encryption, Options, Trust};

pub(crate) type TlsStream = client::TlsStream<Box<dyn Stream>>;

/// What does the handshakes.
pub(crate) struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl Tls {
    pub(crate) async fn connect(&self, stream: Box<dyn Stream>) -> io::Result<TlsStream> {
        // Boxed: a handshake is large, and short.
        Box::pin(self.connector.connect(self.server.clone(), stream)).await
    }
}

/// What names the channel for those who bind to it (RFC 9266 §2; what TLS 1.2
/// has need not be unique, §4.2).
pub(crate) fn channel(stream: &TlsStream) -> Option<Secret> {
    let (_, connection) = stream.get_ref();
    let is_unique = connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let label = b"EXPORTER-Channel-Binding";
    let exported = connection.export_keying_material([0; 32], label, Some(b""));
    exported
        .ok()
        .filter(|_| is_unique)
        .map(|octets| Secret::from(octets.to_vec()))
}

/// What does the handshakes, if there is to be TLS.
pub(crate) fn connector(options: &Options) -> Result<Option<Tls>, Box<dyn Error>> {
    let roots = match (&options.trust, options.encryption) {
        (_, Encryption::Never) => return Ok(None),
        (Trust::Anybody, _) => None,
        _ if options.takes_any_tls() => None,
        (Trust::Authorities(file), _) => Some(authorities(file)?),
        (Trust::Default, _) => Some(authorities_of_system()?),
    };
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let config = match roots {
        Some(roots) => config.with_root_certificates(roots),
        None => config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider))),
    };
    let config = match &options.certificate {
        Some(Certificate { chain, key }) => config.with_client_auth_cert(
            CertificateDer::pem_file_iter(chain)?.collect::<Result<_, _>>()?,
            PrivateKeyDer::from_pem_file(key)?,
        )?,
        None => config.with_no_client_auth(),
    };
    Ok(Some(Tls {
        connector: TlsConnector::from(Arc::new(config)),
        server: ServerName::try_from(options.server.0.clone())?,
    }))
}

fn authorities(file: &Path) -> Result<RootCertStore, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    Ok(roots)
}

fn authorities_of_system() -> Result<RootCertStore, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    match roots.is_empty() {
        true => Err("the system has no certificates: use --ca FILE or --insecure".into()),
        false => Ok(roots),
    }
}

/// Takes any certificate, but only from who has the key to it.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
