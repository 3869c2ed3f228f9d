//! HTTP/1.1 (RFC 9112) by hand: what a test writes is what goes over the wire.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use rocket::http::Status;
use serde_json::Value;

use super::process::PATIENCE;

/// Somebody who calls a server, with a cookie or without.
#[derive(Clone, Debug)]
pub struct Caller {
    address: SocketAddr,
    cookie: Option<String>,
}

impl Caller {
    pub fn new(address: SocketAddr, cookie: Option<&str>) -> Caller {
        Caller {
            address,
            cookie: cookie.map(str::to_owned),
        }
    }

    /// The cookie as it is sent, `name=value`.
    #[track_caller]
    pub fn cookie(&self) -> &str {
        let cookie = self.cookie.as_deref();
        cookie.expect("an anonymous caller has no cookie")
    }

    /// A connection whose calls carry this caller's cookie.
    #[track_caller]
    pub fn connect(&self) -> Connection {
        let opened = TcpStream::connect(self.address).and_then(|stream| {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        });
        let stream = opened.unwrap_or_else(|error| panic!("{}: {error}", self.address));
        Connection {
            stream: BufReader::new(stream),
            cookie: self.cookie.clone(),
        }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(body))
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, Some(body))
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None)
    }

    /// One call over a connection of its own.
    #[track_caller]
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.connect().call(method, path, body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }
}

/// A connection that is kept alive from call to call.
pub struct Connection {
    stream: BufReader<TcpStream>,
    cookie: Option<String>,
}

impl Connection {
    /// Sends a request and reads its answer.
    ///
    /// An answer that broke off is an error of the kind `UnexpectedEof`, and only that is.
    pub fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let body = body.map(Value::to_string);
        let request = match &body {
            None => self.head(method, path, &[]),
            Some(body) => {
                let length = format!("Content-Length: {}", body.len());
                let head = self.head(method, path, &["Content-Type: application/json", &length]);
                head + body
            }
        };
        self.send(request.as_bytes())?;
        self.read(method)
    }

    /// A request up to its body: the request line, `Host`, the cookie, and these lines.
    pub fn head(&self, method: &str, path: &str, lines: &[&str]) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        if let Some(cookie) = &self.cookie {
            head += &format!("Cookie: {cookie}\r\n");
        }
        for line in lines {
            head += line;
            head += "\r\n";
        }
        head + "\r\n"
    }

    /// Sends bytes, whatever they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends nothing any more, and still reads.
    pub fn half_close(&mut self) -> io::Result<()> {
        self.stream.get_ref().shutdown(Shutdown::Write)
    }

    /// Reads the answer to a request of this method.
    pub fn read(&mut self, method: &str) -> io::Result<Answer> {
        if self.stream.fill_buf()?.is_empty() {
            return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        }
        let answer = Answer::read(&mut self.stream, method);
        answer.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => error,
            _ => io::Error::new(io::ErrorKind::UnexpectedEof, error),
        })
    }

    /// Asserts that what was sent is refused with a 4xx, or the connection closed.
    #[track_caller]
    pub fn refused_or_closed(&mut self) {
        match self.read("POST") {
            Ok(answer) => assert!((400..500).contains(&answer.status), "{answer:?}"),
            Err(error) => {
                let silence = [io::ErrorKind::TimedOut, io::ErrorKind::WouldBlock];
                let silent = silence.contains(&error.kind());
                assert!(!silent, "neither refused nor closed");
            }
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn read(stream: &mut BufReader<TcpStream>, method: &str) -> io::Result<Answer> {
        let invalid = |line: &str| io::Error::new(io::ErrorKind::InvalidData, line);
        let first = read_line(stream)?;
        let status = first
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.split(' ').next()?.parse::<u16>().ok())
            .ok_or_else(|| invalid(&first))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(stream)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| invalid(&line))?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        let bodiless = method == "HEAD" || status < 200 || status == 204 || status == 304;
        if !bodiless {
            answer.body = match answer.header("Transfer-Encoding") {
                Some("chunked") => read_chunks(stream)?,
                _ => {
                    let length = answer.header("Content-Length");
                    let length = length.and_then(|length| length.parse().ok());
                    let mut body = vec![0; length.ok_or_else(|| invalid("no Content-Length"))?];
                    stream.read_exact(&mut body)?;
                    body
                }
            };
        }
        Ok(answer)
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The `Set-Cookie` header for this cookie.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case("Set-Cookie"))
            .map(|(_, value)| value.as_str())
            .find(|value| value.split('=').next() == Some(name))
    }

    /// The cookie that this answer sets, as it is sent back: `name=value`.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let line = self.set_cookie(name)?;
        line.split(';').next().map(|pair| pair.trim().to_owned())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        json.unwrap_or_else(|error| panic!("{}: {error}: {:?}", self.status, self.text()))
    }

    /// Asserts the status; answers the body.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// Asserts a 204, which has no body.
    #[track_caller]
    pub fn no_content(&self) {
        assert_eq!(self.status, 204, "{}", self.text());
    }

    /// Asserts a failure in the community's envelope: error and message, and nothing else.
    #[track_caller]
    pub fn refused(&self, status: u16) {
        let body = self.ok(status);
        assert_eq!(body["error"], Status::new(status).reason_lossy(), "{body}");
        let message = body["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "{body}");
        assert_eq!(
            body.as_object().map(|object| object.len()),
            Some(2),
            "{body}"
        );
    }

    /// Asserts a redirect; answers where to.
    #[track_caller]
    pub fn redirect(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("Location").expect("a redirect has a target")
    }
}

/// A body in chunks (RFC 9112, section 7.1).
fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let length = usize::from_str_radix(&line, 16)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, line))?;
        let mut chunk = vec![0; length];
        stream.read_exact(&mut chunk)?;
        read_line(stream)?;
        if length == 0 {
            return Ok(body);
        }
        body.append(&mut chunk);
    }
}

/// A line without its end; an error if the stream ends first.
fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
    }
}
