//! The part of HTTP/1.1 that a proxy between an SDK and a server needs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::cbor;

/// A client's request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A server's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; `None` at its end.
    pub fn read(connection: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some((line, headers)) = head(connection)? else {
            return Ok(None);
        };
        let mut words = line.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(io::Error::other(format!("not a request: {line}")));
        };
        if header(&headers, "expect").is_some() {
            connection
                .get_mut()
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = body(connection, &headers, false)?;
        Ok(Some(Self {
            method,
            target,
            headers,
            body,
        }))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as text: CBOR as JSON, and everything but uploads as it is.
    pub fn text(&self) -> String {
        text(&self.headers, &self.body)
    }

    fn bytes(&self) -> Vec<u8> {
        let first = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        message(first, &self.headers, &self.body, true)
    }
}

impl Answer {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.into(),
        }
    }

    /// The body as text: CBOR as JSON.
    pub fn text(&self) -> String {
        text(&self.headers, &self.body)
    }

    /// The same answer with another text, in the form that [`Answer::text`] returns.
    #[must_use]
    pub fn with(mut self, text: String) -> Self {
        self.body = if is_cbor(&self.headers) {
            cbor::from_json(&serde_json::from_str(&text).unwrap())
        } else {
            text.into_bytes()
        };
        self
    }

    /// The answer to a `HEAD` keeps the content length of the body that it leaves out.
    pub fn write(&self, to: &mut TcpStream, request: &Request) -> io::Result<()> {
        let first = format!("HTTP/1.1 {} Answer\r\n", self.status);
        let has_body = request.method != "HEAD";
        to.write_all(&message(first, &self.headers, &self.body, has_body))
    }
}

/// The server. It closes each connection after its answer, so connections are not reused.
pub struct Upstream {
    address: SocketAddr,
}

impl Upstream {
    pub fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    pub fn ask(&self, request: &Request) -> io::Result<Answer> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        exchange(&mut BufReader::new(stream), request)
    }
}

fn exchange(connection: &mut BufReader<TcpStream>, request: &Request) -> io::Result<Answer> {
    connection.get_mut().write_all(&request.bytes())?;
    let (line, headers) = head(connection)?.ok_or_else(|| io::Error::other("closed"))?;
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not an answer: {line}")))?;
    let body = if request.method == "HEAD" || status == 204 {
        Vec::new()
    } else {
        body(connection, &headers, true)?
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

type Headers = Vec<(String, String)>;

fn head(connection: &mut BufReader<TcpStream>) -> io::Result<Option<(String, Headers)>> {
    let mut first = String::new();
    if connection.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(Some((first.trim_end().to_owned(), headers)));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
    }
}

fn is_cbor(headers: &[(String, String)]) -> bool {
    header(headers, "content-type") == Some(cbor::CONTENT_TYPE)
}

fn text(headers: &[(String, String)], body: &[u8]) -> String {
    if is_cbor(headers) {
        cbor::to_json(body).to_string()
    } else {
        String::from_utf8_lossy(body).into_owned()
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|(known, _)| known == name);
    found.next().map(|(_, value)| value.as_str())
}

fn body(
    connection: &mut BufReader<TcpStream>,
    headers: &[(String, String)],
    to_the_end: bool,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding") == Some("chunked") {
        loop {
            let mut size = String::new();
            connection.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            let mut chunk = vec![0; size + 2];
            connection.read_exact(&mut chunk)?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    } else if let Some(length) = header(headers, "content-length") {
        body.resize(length.parse().map_err(io::Error::other)?, 0);
        connection.read_exact(&mut body)?;
    } else if to_the_end {
        connection.read_to_end(&mut body)?;
    }
    Ok(body)
}

/// A message whose content length is recomputed from its body.
fn message(first: String, headers: &[(String, String)], body: &[u8], has_body: bool) -> Vec<u8> {
    let mut text = first;
    for (name, value) in headers {
        let own = [
            "content-length",
            "transfer-encoding",
            "connection",
            "expect",
        ];
        if !own.contains(&name.as_str()) || (!has_body && name == "content-length") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if has_body {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    if has_body {
        bytes.extend_from_slice(body);
    }
    bytes
}
