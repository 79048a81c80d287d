//! Asks for URLs, one request to a connection: by HTTP/1.1 or HTTP/2, with every 103 that comes first, without following a redirect,
//! and never more than a bound of bytes and of time.

use super::addresses::may_be_asked;
use super::failures::{http1_failure, http2_failure, not_sent, tls_failure};
use super::seen::{Answer, Asked, Failure, Fields};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use url::Url;

/// The most bytes of an answer's head, and the most fields.
pub const MAX_HEAD_BYTES: usize = 128 * 1024;
const MAX_FIELDS: usize = 300;

/// The most 103s of one answer that are kept.
const MAX_EARLY: usize = 10;

/// How many requests are under way at once: what a browser opens to one host.
const AT_ONCE: usize = 6;

/// How long one address of several may take to take a connection.
const CONNECT: Duration = Duration::from_secs(4);

/// How many times as long as one request all of them may take, so that a slow site does not hold anybody up for minutes.
const ALL_REQUESTS: u32 = 6;

/// What the site's log shows of these requests.
const USER_AGENT: &str = concat!("headstart-doctor/", env!("CARGO_PKG_VERSION"));

/// The steps of a request, as they are called where one takes too long.
const CONNECTING: &str = "connecting";
const HANDSHAKE: &str = "agreeing on TLS";
const ANSWERING: &str = "waiting for the answer's head";

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where.
    pub url: Url,
    /// Fields of the request, beside those of every request.
    pub fields: Vec<(&'static str, String)>,
    /// The most bytes of the body that are read.
    pub max_bytes: usize,
}

/// Asks.
pub struct Client {
    tls: TlsConnector,
    /// How long one request may take.
    timeout: Duration,
    /// When all of them have to be over.
    end: Instant,
    /// Fields that the user adds to requests to `home`: [`is_given_to`].
    added: Vec<(String, String)>,
    /// The URL that was given.
    home: Url,
    places: Semaphore,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Client {
    /// One that trusts whom this machine does.
    ///
    /// # Errors
    /// If TLS cannot be set up at all.
    pub fn new(home: &Url, timeout: Duration, added: Vec<(String, String)>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        // Where there are none, every certificate is that of an unknown issuer, and the answer says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let tls = TlsConnector::from(Arc::new(config));
        let end = Instant::now() + timeout * ALL_REQUESTS;
        Ok(Self { tls, timeout, end, added, home: home.clone(), places: Semaphore::new(AT_ONCE) })
    }

    /// Asks for several URLs, some at the same time, and gives the answers in their order.
    pub async fn all(self: &Arc<Self>, wanted: Vec<Wanted>) -> Vec<Asked> {
        let mut tasks = JoinSet::new();
        let mut answers: Vec<Asked> = vec![Err(Failure::Closed); wanted.len()];
        for (at, wanted) in wanted.into_iter().enumerate() {
            let client = Arc::clone(self);
            tasks.spawn(async move { (at, client.get(&wanted).await) });
        }
        while let Some(done) = tasks.join_next().await {
            if let Ok((at, asked)) = done
                && let Some(place) = answers.get_mut(at)
            {
                *place = asked;
            }
        }
        answers
    }

    /// Asks for a URL.
    pub async fn get(&self, wanted: &Wanted) -> Asked {
        let _place = self.places.acquire().await;
        let deadline = self.end.min(Instant::now() + self.timeout);
        let (stream, is_http2) = self.connect(&wanted.url, deadline).await?;
        if is_http2 {
            self.by_http2(stream, wanted, deadline).await
        } else {
            self.by_http1(stream, wanted, deadline).await
        }
    }

    /// A connection, and whether HTTP/2 is spoken on it.
    async fn connect(&self, url: &Url, deadline: Instant) -> Result<(Box<dyn Stream>, bool), Failure> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let stream = within(deadline, CONNECTING, self.tcp(&host, port)).await??;
        let _ = stream.set_nodelay(true);
        if url.scheme() != "https" {
            return Ok((Box::new(stream), false));
        }
        let name = ServerName::try_from(host)
            .map_err(|_| Failure::Tls("the host cannot stand in TLS".to_owned()))?;
        let stream = within(deadline, HANDSHAKE, self.tls.connect(name, stream)).await?;
        let stream = stream.map_err(|error| tls_failure(&error))?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Box::new(stream), is_http2))
    }

    /// A connection to the first address of a host that takes one.
    async fn tcp(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let found = tokio::net::lookup_host((host, port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|error| Failure::NoAddress(error.to_string()))?.collect();
        let mut failure =
            if addresses.is_empty() { Failure::NoAddress("no address".to_owned()) } else { Failure::Inside };
        for address in addresses {
            if !may_be_asked(&self.home, host, address.ip()) {
                continue;
            }
            match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = Failure::Unreachable(error.to_string()),
                Err(_) => failure = Failure::TimedOut(CONNECTING),
            }
        }
        Err(failure)
    }

    async fn by_http1(&self, stream: Box<dyn Stream>, wanted: &Wanted, deadline: Instant) -> Asked {
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_FIELDS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| http1_failure(&error))?;
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let target = &wanted.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = self.request(wanted, target)?;
        let host = HeaderValue::from_str(wanted.url.authority_without_user());
        if !request.headers().contains_key("host") {
            request.headers_mut().insert("host", host.map_err(|_| not_sent())?);
        }
        let early = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&early);
        hyper::ext::on_informational(&mut request, move |answer| {
            if answer.status() == 103
                && let Ok(mut early) = kept.lock()
                && early.len() < MAX_EARLY
            {
                early.push(fields(answer.headers()));
            }
        });
        let request = request.map(|()| Empty::<Bytes>::new());
        let sent = Instant::now();
        let answer = within(deadline, ANSWERING, sender.send_request(request)).await?;
        let answer = answer.map_err(|error| http1_failure(&error))?;
        let took = sent.elapsed();
        let (head, mut body) = answer.into_parts();
        let mut read = Body::new(wanted.max_bytes);
        while !read.is_full() {
            match timeout_at(deadline, body.frame()).await {
                Ok(Some(Ok(frame))) => read.add(frame.data_ref().map_or(&[][..], |data| data)),
                Ok(None) => break,
                Ok(Some(Err(_))) | Err(_) => {
                    read.is_cut = true;
                    break;
                }
            }
        }
        let early = early.lock().map(|mut early| std::mem::take(&mut *early)).unwrap_or_default();
        Ok(Answer {
            url: wanted.url.clone(),
            status: head.status.as_u16(),
            is_http2: false,
            fields: fields(&head.headers),
            early,
            body: read.bytes,
            is_cut: read.is_cut,
            waited: took,
        })
    }

    async fn by_http2(&self, stream: Box<dyn Stream>, wanted: &Wanted, deadline: Instant) -> Asked {
        let mut builder = h2::client::Builder::new();
        builder
            .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
            .initial_window_size(1 << 20)
            .enable_push(false);
        let handshake = within(deadline, ANSWERING, builder.handshake::<_, Bytes>(stream)).await?;
        let (sender, connection) = handshake.map_err(|error| http2_failure(&error))?;
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let ready = within(deadline, ANSWERING, sender.ready()).await?;
        let mut sender = ready.map_err(|error| http2_failure(&error))?;
        let mut whole = wanted.url.clone();
        whole.set_fragment(None);
        let request = self.request(wanted, whole.as_str())?;
        let sent = Instant::now();
        let (mut answer, _) = sender.send_request(request, true).map_err(|error| http2_failure(&error))?;
        let mut early = Vec::new();
        loop {
            let informational = poll_fn(|context| answer.poll_informational(context));
            match within(deadline, ANSWERING, informational).await? {
                Some(Ok(head)) if head.status() == 103 && early.len() < MAX_EARLY => {
                    early.push(fields(head.headers()));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(http2_failure(&error)),
                None => break,
            }
        }
        let answer = within(deadline, ANSWERING, answer).await?.map_err(|error| http2_failure(&error))?;
        let took = sent.elapsed();
        let (head, mut body) = answer.into_parts();
        let mut read = Body::new(wanted.max_bytes);
        while !read.is_full() {
            match timeout_at(deadline, body.data()).await {
                Ok(Some(Ok(data))) => {
                    let _ = body.flow_control().release_capacity(data.len());
                    read.add(&data);
                }
                Ok(None) => break,
                Ok(Some(Err(_))) | Err(_) => {
                    read.is_cut = true;
                    break;
                }
            }
        }
        Ok(Answer {
            url: wanted.url.clone(),
            status: head.status.as_u16(),
            is_http2: true,
            fields: fields(&head.headers),
            early,
            body: read.bytes,
            is_cut: read.is_cut,
            waited: took,
        })
    }

    /// The request's head, of which the target is written as the protocol wants it.
    fn request(&self, wanted: &Wanted, target: &str) -> Result<Request<()>, Failure> {
        // Of a compressed body nothing could be read here.
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(target)
            .header("user-agent", USER_AGENT)
            .header("accept-encoding", "identity")
            .header("accept-language", "en");
        for (name, value) in &wanted.fields {
            request = request.header(*name, value);
        }
        let mut request = request.body(()).map_err(|_| not_sent())?;
        if is_given_to(&self.home, &wanted.url) {
            add(request.headers_mut(), &self.added)?;
        }
        Ok(request)
    }
}

/// Whether fields that the user adds for the site at `home` are sent to this URL as well: to its origin, and to the same host where
/// http leads to https. They may be secrets.
pub fn is_given_to(home: &Url, url: &Url) -> bool {
    let is_upgraded = home.scheme() == "http"
        && url.scheme() == "https"
        && home.host_str() == url.host_str()
        && (home.port(), url.port()) == (None, None);
    is_upgraded || home.origin() == url.origin()
}

/// Puts the user's fields in the place of those of the same name.
fn add(headers: &mut HeaderMap, added: &[(String, String)]) -> Result<(), Failure> {
    let mut put: Vec<&str> = Vec::new();
    for (name, value) in added {
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| not_sent())?;
        let value = HeaderValue::from_str(value).map_err(|_| not_sent())?;
        if put.contains(&name.as_str()) {
            headers.append(field, value);
        } else {
            headers.insert(field, value);
        }
        put.push(name);
    }
    Ok(())
}

/// What is left of an authority without a name and a password.
trait Authority {
    fn authority_without_user(&self) -> &str;
}

impl Authority for Url {
    fn authority_without_user(&self) -> &str {
        &self[url::Position::BeforeHost..url::Position::AfterPort]
    }
}

/// A body that is read up to a bound.
struct Body {
    bytes: Vec<u8>,
    max_bytes: usize,
    is_cut: bool,
}

impl Body {
    fn new(max_bytes: usize) -> Self {
        Self { bytes: Vec::new(), max_bytes, is_cut: false }
    }

    fn is_full(&self) -> bool {
        self.is_cut
    }

    fn add(&mut self, piece: &[u8]) {
        let room = self.max_bytes.saturating_sub(self.bytes.len());
        self.is_cut = piece.len() > room;
        self.bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}

/// Waits for a step until the deadline.
async fn within<T>(
    deadline: Instant,
    step: &'static str,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    timeout_at(deadline, future).await.map_err(|_| Failure::TimedOut(step))
}

fn fields(headers: &HeaderMap) -> Fields {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Fields(headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_adds_replaces_what_is_sent_anyhow_and_goes_to_their_origin_alone() {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", HeaderValue::from_static(USER_AGENT));
        let added = [("user-agent", "Mozilla/5.0"), ("x-a", "1"), ("x-a", "2")];
        add(&mut headers, &added.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
        let all = |name: &str| {
            headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!((all("user-agent"), all("x-a")), (vec!["Mozilla/5.0"], vec!["1", "2"]));
        let given =
            |home: &str, url: &str| is_given_to(&Url::parse(home).unwrap(), &Url::parse(url).unwrap());
        assert!(given("https://a.example/x", "https://a.example/y"));
        assert!(given("http://a.example", "https://a.example/"));
        for (home, url) in [
            ("https://a.example", "http://a.example/"),
            ("https://a.example", "https://a.example:8443/"),
            ("http://a.example:8080", "https://a.example/"),
            ("https://a.example", "https://www.a.example/"),
        ] {
            assert!(!given(home, url), "{home} {url}");
        }
    }

    #[test]
    fn a_body_is_read_up_to_its_bound() {
        let mut body = Body::new(5);
        body.add(b"abc");
        assert!(!body.is_full());
        body.add(b"de");
        assert!(!body.is_full(), "it may have ended here");
        body.add(b"f");
        assert!(body.is_full());
        assert_eq!((body.bytes.as_slice(), body.is_cut), (&b"abcde"[..], true));
    }
}
