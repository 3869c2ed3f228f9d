//! One HTTP call at a time, for everything that wrk does not do.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// The session's cookie, or nothing.
    pub cookie: &'a str,
    /// JSON, or nothing.
    pub body: &'a str,
    /// What `If-None-Match` says, or nothing.
    pub etag: &'a str,
    /// The bearer token, or nothing.
    pub token: &'a str,
    /// The internal key, or nothing.
    pub api_key: &'a str,
    /// The address that `X-Forwarded-For` names, or nothing.
    pub from: &'a str,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Call<'_> {
    /// A GET by nobody in particular.
    pub fn get(path: &str) -> Call<'_> {
        Call {
            method: "GET",
            path,
            cookie: "",
            body: "",
            etag: "",
            token: "",
            api_key: "",
            from: "",
        }
    }

    /// Makes the call on a connection of its own.
    pub fn make(self, address: SocketAddr) -> Result<Answer, String> {
        self.exchange(address)
            .map_err(|error| format!("{} {}: {error}", self.method, self.path))
    }

    /// As [`Call::make`]; an answer that is no success is an error as well.
    pub fn succeed(self, address: SocketAddr) -> Result<Answer, String> {
        let answer = self.make(address)?;
        match answer.status {
            // 304 is for those only who named a tag.
            200..=299 | 304 => Ok(answer),
            status => Err(format!(
                "{} {}: {status}: {}",
                self.method,
                self.path,
                String::from_utf8_lossy(&answer.body)
            )),
        }
    }

    fn exchange(self, address: SocketAddr) -> io::Result<Answer> {
        let mut stream = connect(address)?;
        stream.write_all(self.request(address, "close").as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Answer::parse(&bytes).ok_or_else(no_answer)
    }

    /// As it goes over the wire; what becomes of the connection then.
    fn request(self, address: SocketAddr, connection: &str) -> String {
        let Self {
            method,
            path,
            cookie,
            body,
            etag,
            token,
            api_key,
            from,
        } = self;
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: {connection}\r\n");
        if !cookie.is_empty() {
            request += &format!("Cookie: {cookie}\r\n");
        }
        if !etag.is_empty() {
            request += &format!("If-None-Match: {etag}\r\n");
        }
        if !token.is_empty() {
            request += &format!("Authorization: Bearer {token}\r\n");
        }
        if !api_key.is_empty() {
            request += &format!("X-API-Key: {api_key}\r\n");
        }
        if !from.is_empty() {
            request += &format!("X-Forwarded-For: {from}\r\n");
        }
        if !body.is_empty() {
            let length = body.len();
            request += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        request += "\r\n";
        request += body;
        request
    }
}

/// A connection that stays open, for calls one after the other.
pub struct Line {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Line {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = connect(address).map_err(|error| format!("{address}: {error}"))?;
        Ok(Self {
            address,
            stream: BufReader::new(stream),
        })
    }

    /// Makes a call, whatever its answer says.
    pub fn make(&mut self, call: Call<'_>) -> Result<Answer, String> {
        self.exchange(call)
            .map_err(|error| format!("{} {}: {error}", call.method, call.path))
    }

    fn exchange(&mut self, call: Call<'_>) -> io::Result<Answer> {
        let request = call.request(self.address, "keep-alive");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut head = Vec::new();
        // The head ends with an empty line.
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head)? == 0 {
                return Err(no_answer());
            }
        }
        let mut answer = Answer::parse(&head).ok_or_else(no_answer)?;
        let length: Option<usize> = answer
            .headers("Content-Length")
            .next()
            .and_then(|length| length.parse().ok());
        answer.body = vec![0; length.ok_or_else(no_answer)?];
        self.stream.read_exact(&mut answer.body)?;
        Ok(answer)
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn no_answer() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer")
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
        Some(Self {
            status: head.split(' ').nth(1)?.parse().ok()?,
            head,
            body: bytes.get(end + 4..)?.to_vec(),
        })
    }

    /// The values of all headers of this name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// Makes a call each millisecond until it succeeds; the time that took since `began`.
///
/// # Errors
/// What `alive` says, or that it took too long.
pub fn poll(
    call: Call<'_>,
    address: SocketAddr,
    began: Instant,
    mut alive: impl FnMut() -> Result<(), String>,
) -> Result<Duration, String> {
    loop {
        let refused = match call.succeed(address) {
            Ok(_) => return Ok(began.elapsed()),
            Err(refused) => refused,
        };
        alive()?;
        if began.elapsed() > PATIENCE {
            return Err(format!("no answer in {} s: {refused}", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// An address of this machine that nobody listens on; somebody else may take it meanwhile.
pub fn free_address() -> Result<SocketAddr, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port: {error}"))
}
