//! HTTP/1.1 as bytes: a request is sent as the test wrote it, and a response is kept as it came.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest time that any one read may take.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A message head: the start line, and the header lines in order, names as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub start: String,
    pub lines: Vec<(String, Bytes)>,
}

/// Bytes that show as text, and long ones only in part.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = &self.0[..self.0.len().min(200)];
        write!(formatter, "{} bytes \"{}\"", self.0.len(), shown.escape_ascii())
    }
}

impl Head {
    /// All values of a header, as text; bytes that are no UTF-8 show as replacement characters.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.lines
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| String::from_utf8_lossy(&value.0).into_owned())
            .collect()
    }

    /// The first value of a header.
    pub fn get(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// The lines without the named ones.
    pub fn without(&self, names: &[&str]) -> Vec<(String, Bytes)> {
        let is_named = |key: &str| names.iter().any(|name| key.eq_ignore_ascii_case(name));
        self.lines.iter().filter(|(key, _)| !is_named(key)).cloned().collect()
    }
}

/// A response, its body with the transfer coding taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub head: Head,
    pub body: Bytes,
    /// Whether the body ended as its framing said it would.
    pub complete: bool,
}

impl Response {
    pub fn status(&self) -> u16 {
        self.head.start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.head.get(name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body.0).into_owned()
    }
}

/// A connection to read messages from.
pub struct Connection {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn to(port: u16) -> Self {
        Self::over(TcpStream::connect(("127.0.0.1", port)).expect("the server accepts"))
    }

    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    /// Lets reads wait as long as the other side is there.
    pub fn wait_for_ever(&self) {
        self.stream.set_read_timeout(None).unwrap();
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// Reads more bytes; `false` at the end of the stream, or when the other side has reset it.
    fn fill(&mut self) -> bool {
        let mut piece = [0; 16 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) => false,
            Ok(read) => {
                self.buffer.extend_from_slice(&piece[..read]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => {
                panic!("reading failed: {error}; so far: {:?}", String::from_utf8_lossy(&self.buffer))
            }
        }
    }

    /// Reads a head. `None` when the stream ends before one.
    pub fn head(&mut self) -> Option<Head> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let bytes: Vec<u8> = self.buffer.drain(..end + 4).collect();
                return Some(parse_head(&bytes[..end]));
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// The next bytes of the body, undecoded, as soon as there are some. Empty at the end.
    pub fn some(&mut self) -> Vec<u8> {
        if self.buffer.is_empty() {
            self.fill();
        }
        std::mem::take(&mut self.buffer)
    }

    fn exactly(&mut self, length: usize, body: &mut Vec<u8>) -> bool {
        while self.buffer.len() < length {
            if !self.fill() {
                body.append(&mut self.buffer);
                return false;
            }
        }
        body.extend(self.buffer.drain(..length));
        true
    }

    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let bytes: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&bytes[..end]).into_owned());
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// Reads a body by its framing. `to_the_end` where a message without framing lasts until the stream ends.
    pub fn body(&mut self, head: &Head, to_the_end: bool) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        let chunked =
            head.get("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        if chunked {
            loop {
                let Some(size) = self.line() else { return (body, false) };
                let size =
                    usize::from_str_radix(size.split(';').next().unwrap().trim(), 16).expect("a chunk size");
                if !self.exactly(size, &mut body) {
                    return (body, false);
                }
                if size == 0 {
                    // Trailers, then the empty line.
                    while self.line().is_some_and(|line| !line.is_empty()) {}
                    return (body, true);
                }
                if self.line().is_none() {
                    return (body, false);
                }
            }
        }
        if let Some(length) = head.get("content-length") {
            let complete = self.exactly(length.parse().expect("a length"), &mut body);
            return (body, complete);
        }
        if to_the_end {
            while self.fill() {}
            body.append(&mut self.buffer);
        }
        (body, true)
    }

    /// Reads the final response to a request with this method, passing 1xx responses over.
    pub fn response(&mut self, method: &str) -> Response {
        loop {
            let head = self.head().expect("a response");
            let mut response = Response { head, body: Bytes(Vec::new()), complete: true };
            match response.status() {
                101 => return response,
                100..200 => continue,
                204 | 304 => return response,
                _ if method == "HEAD" => return response,
                _ => {}
            }
            (response.body.0, response.complete) = self.body(&response.head, true);
            return response;
        }
    }
}

/// Sends one request, written as it stands with `\r\n` line ends, and reads the response.
pub fn raw(port: u16, request: &[u8]) -> Response {
    let mut connection = Connection::to(port);
    connection.send(request);
    let method = String::from_utf8_lossy(request.split(|byte| *byte == b' ').next().unwrap()).into_owned();
    connection.response(&method)
}

/// A `GET` with these headers. The development server would re-encode a page for a client that takes gzip.
pub fn get(port: u16, path: &str, headers: &[(&str, &str)]) -> Response {
    raw(port, &request("GET", path, headers, b""))
}

/// What a browser says of a navigation to what it shows as a document of its own. Nothing else has its pages edited.
pub const DOCUMENT: [(&str, &str); 2] = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];

/// A page as a browser asks for it that shows it.
pub fn view(port: u16, path: &str) -> Response {
    get(port, path, &DOCUMENT)
}

/// The body that comes back for a `POST`, as far as it comes: for answers that break off. Not a `GET`, since the
/// development server keeps a `GET` whose connection broke until the Worker's code changes, and never answers it.
pub fn post_unchecked(port: u16, path: &str) -> Vec<u8> {
    let mut connection = Connection::to(port);
    connection.send(&request("POST", path, &[], b""));
    let head = connection.head();
    head.map(|head| connection.body(&head, true).0).unwrap_or_default()
}

/// Whatever comes of a view whose answer breaks off, until nothing more comes for some seconds: the development server's
/// own proxies may leave such a connection open.
pub fn get_broken(port: u16, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    stream.write_all(&request("GET", path, &DOCUMENT, b"")).expect("the server reads");
    let mut all = Vec::new();
    // How it ends does not matter, only what came.
    let _ = stream.read_to_end(&mut all);
    all
}

/// A request's bytes. `Accept-Encoding: identity` unless the headers say otherwise.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("{method} {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n").into_bytes();
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding")) {
        bytes.extend_from_slice(b"Accept-Encoding: identity\r\n");
    }
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if !body.is_empty() {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

fn parse_head(bytes: &[u8]) -> Head {
    let mut slots = [httparse::EMPTY_HEADER; 200];
    let mut whole = bytes.to_vec();
    whole.extend_from_slice(b"\r\n\r\n");
    let start = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next().unwrap()).into_owned();
    // The start line is kept as text; only the header lines need a parser.
    let lines_at = find(&whole, b"\r\n").unwrap() + 2;
    let (_, headers) = match httparse::parse_headers(&whole[lines_at..], &mut slots).expect("header lines") {
        httparse::Status::Complete(parsed) => parsed,
        httparse::Status::Partial => panic!("header lines end in the middle"),
    };
    let lines = headers.iter().map(|line| (line.name.to_owned(), Bytes(line.value.to_vec()))).collect();
    Head { start, lines }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
