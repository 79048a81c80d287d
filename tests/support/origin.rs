//! An origin in the test's own process: it answers byte for byte what it is told, and records byte for byte what came.

use super::http::{Bytes, Connection, Head};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub head: Head,
    pub body: Bytes,
}

impl Received {
    pub fn method(&self) -> &str {
        self.head.start.split(' ').next().unwrap()
    }

    pub fn target(&self) -> &str {
        self.head.start.split(' ').nth(1).unwrap()
    }
}

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It waits for the next request. A connection that closes unannounced would break whoever reuses it.
    Keep,
    /// It closes: the answer's end is the stream's end.
    Close,
    /// It is reset.
    Reset,
}

type Answer = dyn Fn(&Received, &mut TcpStream) -> After + Send + Sync;

pub struct Origin {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<Arc<Answer>>>,
}

impl Origin {
    /// Starts with 404 for everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let nothing: Arc<Answer> = Arc::new(|_, stream| {
            write(stream, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            After::Keep
        });
        let answer = Arc::new(Mutex::new(nothing));
        let (log, script) = (Arc::clone(&received), Arc::clone(&answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                std::thread::spawn(move || serve(stream, &log, &script));
            }
        });
        Self { port, received, answer }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers every request from now on with these bytes, a complete response.
    pub fn say(&self, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.answer(move |_, stream| {
            write(stream, &bytes);
            After::Keep
        });
    }

    /// Answers every request from now on as `answer` does.
    pub fn answer(&self, answer: impl Fn(&Received, &mut TcpStream) -> After + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    /// What came since the last call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

/// Writes bytes; a client that has gone away is no failure of the origin.
pub fn write(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = std::io::Write::write_all(stream, bytes);
}

/// The bytes of a 200 with a body of known length.
pub fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The bytes of an HTML page.
pub fn html(body: &str) -> Vec<u8> {
    ok("Content-Type: text/html; charset=utf-8\r\n", body.as_bytes())
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Received>>, script: &Mutex<Arc<Answer>>) {
    let mut writer = stream.try_clone().unwrap();
    let mut connection = Connection::over(stream);
    connection.wait_for_ever();
    while let Some(head) = connection.head() {
        let (body, _) = connection.body(&head, false);
        let received = Received { head, body: Bytes(body) };
        log.lock().unwrap().push(received.clone());
        let answer = Arc::clone(&script.lock().unwrap());
        match answer(&received, &mut writer) {
            After::Keep => {}
            After::Close => {
                let _ = writer.shutdown(std::net::Shutdown::Write);
                // Closing at once with unread bytes would reset the connection under the answer.
                while !connection.some().is_empty() {}
                return;
            }
            After::Reset => {
                let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
                let _ = nix::sys::socket::setsockopt(&writer, nix::sys::socket::sockopt::Linger, &at_once);
                return;
            }
        }
    }
}
