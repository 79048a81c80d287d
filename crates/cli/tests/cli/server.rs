//! Servers on loopback for the tests: they answer byte for byte what they are told, in the clear, over TLS, or by HTTP/2.

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring::default_provider};

/// A request: its first line and its fields, as they came.
pub struct Request(pub String);

impl Request {
    pub fn target(&self) -> &str {
        self.0.split(' ').nth(1).unwrap_or_default()
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// What is written as the answer. A client that has had enough is no failure.
pub type Answer = dyn Fn(&Request, &mut dyn Write) + Send + Sync;

/// Serves HTTP/1.1 on a port of this machine, a request to a connection.
pub fn http(answer: impl Fn(&Request, &mut dyn Write) + Send + Sync + 'static) -> u16 {
    serve(None, answer)
}

/// The same over TLS.
pub fn https(config: ServerConfig, answer: impl Fn(&Request, &mut dyn Write) + Send + Sync + 'static) -> u16 {
    serve(Some(Arc::new(config)), answer)
}

fn serve(
    tls: Option<Arc<ServerConfig>>,
    answer: impl Fn(&Request, &mut dyn Write) + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer: Arc<Answer> = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (tls, answer) = (tls.clone(), Arc::clone(&answer));
            std::thread::spawn(move || match tls {
                None => exchange(stream, &*answer),
                Some(config) => {
                    exchange(StreamOwned::new(ServerConnection::new(config).unwrap(), stream), &*answer)
                }
            });
        }
    });
    port
}

fn exchange(mut stream: impl Read + Write, answer: &Answer) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        // Of TLS that did not come about nothing is read.
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    answer(&Request(String::from_utf8_lossy(&head).into_owned()), &mut stream);
    let _ = stream.flush();
}

/// A whole answer.
pub fn ok(fields: &str, body: &str) -> Vec<u8> {
    said("200 OK", fields, body)
}

/// An answer with another status.
pub fn said(status: &str, fields: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

pub const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";

/// An authority of the tests: what it has issued, and the file by which the program trusts it.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = std::env::temp_dir().join(format!("headstart-doctor-{}-{name}.pem", std::process::id()));
        std::fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// The file of its certificate, for `SSL_CERT_FILE`.
    pub fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// A server's configuration with a certificate for a name, `change`d before it is issued.
    pub fn server(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &*self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// A 103 for an answer by HTTP/2, the answer's fields, and its body.
pub struct ByHttp2 {
    pub early: &'static str,
    pub fields: &'static [(&'static str, &'static str)],
    pub body: &'static str,
}

/// Serves HTTP/2 over TLS: the same for every request, after a 103.
pub fn http2(mut config: ServerConfig, answer: ByHttp2) -> u16 {
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                    while let Some(Ok((_, mut respond))) = connection.accept().await {
                        let early = hyper::Response::builder().status(103).header("link", answer.early);
                        respond.send_informational(early.body(()).unwrap()).unwrap();
                        let head =
                            answer.fields.iter().fold(hyper::Response::builder(), |head, (name, value)| {
                                head.header(*name, *value)
                            });
                        if let Ok(mut body) = respond.send_response(head.body(()).unwrap(), false) {
                            let _ =
                                body.send_data(hyper::body::Bytes::from_static(answer.body.as_bytes()), true);
                        }
                    }
                });
            }
        });
    });
    port
}

/// A port that says this to whoever comes, whatever they want, and closes.
pub fn says(greeting: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // What was not read would reset the connection under the answer.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(greeting);
        }
    });
    port
}

/// A port where nobody listens.
pub fn nobody() -> u16 {
    // It is free again once the listener is dropped; nobody is given it at once.
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A port that takes connections and says nothing.
pub fn silence() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let kept: Vec<TcpStream> = listener.incoming().flatten().collect();
        drop(kept);
    });
    port
}
