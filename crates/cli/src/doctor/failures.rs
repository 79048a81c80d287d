//! Why there is no answer, in words: from the errors of connections, of TLS and of HTTP.

use super::client::MAX_HEAD_BYTES;
use super::seen::Failure;
use tokio_rustls::rustls::{self, CertificateError};

/// A request that cannot be written, since something in it may not stand there.
pub fn not_sent() -> Failure {
    Failure::NotHttp("the request cannot be written".to_owned())
}

/// What a failure of HTTP/1.1 means.
pub fn http1_failure(error: &hyper::Error) -> Failure {
    // hyper's own word for that is there for servers alone.
    if error.is_parse() && error.to_string().contains("too large") {
        return Failure::NotHttp(format!("the answer's head is longer than {} kB", MAX_HEAD_BYTES / 1024));
    }
    if error.is_parse() || error.is_parse_status() {
        return Failure::NotHttp("the answer cannot be read as HTTP/1.1".to_owned());
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Failure::Closed;
    }
    match cause(error) {
        Some(error) => tls_failure(error),
        None => Failure::NotHttp(error.to_string()),
    }
}

/// What a failure of HTTP/2 means.
pub fn http2_failure(error: &h2::Error) -> Failure {
    match error.get_io() {
        Some(error) => tls_failure(error),
        None => Failure::NotHttp(format!("HTTP/2 failed: {error}")),
    }
}

/// The failure of a connection that is behind another error.
fn cause(error: &hyper::Error) -> Option<&std::io::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// What a failure of a connection means, in words.
pub fn tls_failure(error: &std::io::Error) -> Failure {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return match error.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset => Failure::Closed,
            _ => Failure::Unreachable(error.to_string()),
        };
    };
    match error {
        rustls::Error::InvalidCertificate(why) => Failure::Certificate(certificate_fault(why)),
        rustls::Error::InvalidMessage(_) => {
            Failure::Tls("what answers there speaks something else, perhaps plain HTTP".to_owned())
        }
        rustls::Error::AlertReceived(alert) => {
            Failure::Tls(format!("the server refused to agree on TLS ({alert:?})"))
        }
        other => Failure::Tls(other.to_string()),
    }
}

fn certificate_fault(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; is the clock of this machine right?".to_owned()
        }
        CertificateError::NotValidForName => "it is for another name".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().take(5).cloned().collect();
            format!("it is for another name ({})", names.join(", "))
        }
        CertificateError::UnknownIssuer => {
            "nobody whom this machine trusts has issued it, or the certificate in between is not sent"
                .to_owned()
        }
        CertificateError::Revoked => "it has been revoked".to_owned(),
        CertificateError::BadSignature => "its signature is not that of the issuer whom it names".to_owned(),
        other => other.to_string(),
    }
}
