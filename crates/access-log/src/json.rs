//! A line of JSON, as Cloudflare's Logpush, nginx and Caddy write it.
//!
//! The fields are known by the names that these give them; others are passed over. Caddy has what belongs to the request in an
//! object `request`, its fields in `headers`, and a list for each of them.

use super::Request;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// What one line tells. Texts stand as they do in the line where nothing in them is escaped.
#[derive(Debug, Default)]
pub struct Line<'a> {
    address: Cow<'a, str>,
    user: Cow<'a, str>,
    time: Cow<'a, str>,
    method: Cow<'a, str>,
    host: Cow<'a, str>,
    target: Cow<'a, str>,
    path: Cow<'a, str>,
    status: Cow<'a, str>,
    referer: Cow<'a, str>,
    agent: Cow<'a, str>,
    content_type: Cow<'a, str>,
    /// `method target protocol`.
    request: Cow<'a, str>,
}

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Address,
    User,
    Time,
    Method,
    Host,
    Target,
    Path,
    Status,
    Referer,
    Agent,
    ContentType,
    Request,
    /// An object with more fields.
    More,
}

/// The field of a name.
fn field(name: &str) -> Option<Field> {
    Some(match name {
        "ClientIP" | "remote_addr" | "client_ip" | "remote_ip" | "clientip" | "client" => Field::Address,
        "remote_user" | "user_id" => Field::User,
        "EdgeStartTimestamp" | "time_local" | "time_iso8601" | "timestamp" | "@timestamp" | "time"
        | "msec" | "ts" => Field::Time,
        "ClientRequestMethod" | "request_method" | "method" => Field::Method,
        "ClientRequestHost" | "http_host" | "host" | "server_name" | "vhost" => Field::Host,
        "ClientRequestURI" | "request_uri" | "uri" => Field::Target,
        "ClientRequestPath" | "path" => Field::Path,
        "EdgeResponseStatus" | "status" => Field::Status,
        "ClientRequestReferer" | "http_referer" | "http_referrer" | "referer" | "referrer" | "Referer" => {
            Field::Referer
        }
        "ClientRequestUserAgent" | "http_user_agent" | "user_agent" | "agent" | "User-Agent" => Field::Agent,
        "EdgeResponseContentType" | "sent_http_content_type" | "content_type" | "Content-Type" => {
            Field::ContentType
        }
        "request" => Field::Request,
        "headers" | "resp_headers" => Field::More,
        _ => return None,
    })
}

impl<'a> Line<'a> {
    /// Reads a line. `None` for what is no JSON object, or has none of the fields without which nothing is known.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let mut read = Self::default();
        let mut json = serde_json::Deserializer::from_str(line);
        Fields(&mut read).deserialize(&mut json).ok()?;
        json.end().ok()?;
        if !read.request.is_empty() && read.target.is_empty() {
            read.split_request();
        }
        let has_target = !read.target.is_empty() || !read.path.is_empty();
        (has_target && !read.address.is_empty() && !read.time.is_empty() && read.status().is_some())
            .then_some(read)
    }

    fn split_request(&mut self) {
        let mut words = self.request.splitn(3, ' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (method, target) = (method.to_owned(), target.to_owned());
        (self.method, self.target) = (Cow::Owned(method), Cow::Owned(target));
    }

    fn status(&self) -> Option<u16> {
        self.status.parse().ok()
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        let target = if self.target.is_empty() { &self.path } else { &self.target };
        // Logpush may write the whole URL.
        let rest = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://"));
        let path = rest.and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)));
        let target = path.unwrap_or(target);
        Request {
            address: self.address.as_bytes(),
            user: self.user.as_bytes(),
            time: self.time.as_bytes(),
            method: self.method.as_bytes(),
            host: self.host.as_bytes(),
            target: target.as_bytes(),
            status: self.status().unwrap_or_default(),
            referer: self.referer.as_bytes(),
            agent: self.agent.as_bytes(),
            content_type: self.content_type.as_bytes(),
        }
    }

    fn place(&mut self, field: Field) -> Option<&mut Cow<'a, str>> {
        Some(match field {
            Field::Address => &mut self.address,
            Field::User => &mut self.user,
            Field::Time => &mut self.time,
            Field::Method => &mut self.method,
            Field::Host => &mut self.host,
            Field::Target => &mut self.target,
            Field::Path => &mut self.path,
            Field::Status => &mut self.status,
            Field::Referer => &mut self.referer,
            Field::Agent => &mut self.agent,
            Field::ContentType => &mut self.content_type,
            Field::Request => &mut self.request,
            Field::More => return None,
        })
    }
}

/// Reads the fields of an object into a line.
struct Fields<'l, 'a>(&'l mut Line<'a>);

impl<'a> DeserializeSeed<'a> for Fields<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Fields<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(field) = map.next_key_seed(Name)? {
            match field {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(field) => map.next_value_seed(Said { line: &mut *self.0, field })?,
            }
        }
        Ok(())
    }
}

/// Reads a name.
struct Name;

impl<'a> DeserializeSeed<'a> for Name {
    type Value = Option<Field>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<Field>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(field(name))
    }
}

/// Reads what a field says: a text, a number, the first of a list; or more fields.
struct Said<'l, 'a> {
    line: &'l mut Line<'a>,
    field: Field,
}

impl<'a> Said<'_, 'a> {
    fn say(self, text: Cow<'a, str>) {
        // The first field that says it counts: an object of the answer's fields may follow.
        if let Some(place) = self.line.place(self.field).filter(|place| place.is_empty()) {
            *place = text;
        }
    }
}

impl<'a> DeserializeSeed<'a> for Said<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Said<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number, a list or an object")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.say(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.say(Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.say(Cow::Owned(number.to_string()));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.say(Cow::Owned(number.to_string()));
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<(), S::Error> {
        list.next_element_seed(Said { line: &mut *self.line, field: self.field })?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'a>>(self, map: M) -> Result<(), M::Error> {
        Fields(self.line).visit_map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: [&str; 8], status: u16) {
        let read = Line::parse(line).unwrap_or_else(|| panic!("{line}"));
        let request = read.request();
        let said = [
            request.address,
            request.time,
            request.method,
            request.host,
            request.target,
            request.referer,
            request.agent,
            request.content_type,
        ];
        assert_eq!(said.map(|bytes| std::str::from_utf8(bytes).unwrap()), expected, "{line}");
        assert_eq!(request.status, status);
    }

    #[test]
    fn logpush_nginx_and_caddy_are_read() {
        check(
            r#"{"ClientIP":"192.0.2.7","ClientRequestHost":"shop.example","ClientRequestMethod":"GET","ClientRequestURI":"/a?b=1","ClientRequestPath":"/a","EdgeStartTimestamp":1431857103250000000,"EdgeResponseStatus":200,"ClientRequestReferer":"https://shop.example/","ClientRequestUserAgent":"Mozilla/5.0","EdgeResponseContentType":"text/html","BotScore":99}"#,
            [
                "192.0.2.7",
                "1431857103250000000",
                "GET",
                "shop.example",
                "/a?b=1",
                "https://shop.example/",
                "Mozilla/5.0",
                "text/html",
            ],
            200,
        );
        check(
            r#"{"time_iso8601":"2015-05-17T10:05:03+00:00","remote_addr":"192.0.2.7","request":"GET /a HTTP/1.1","status":"304","http_referer":"","http_user_agent":"A \"B\"","request_time":"0.01"}"#,
            ["192.0.2.7", "2015-05-17T10:05:03+00:00", "GET", "", "/a", "", "A \"B\"", ""],
            304,
        );
        check(
            r#"{"level":"info","ts":1431857103.25,"logger":"http.log.access","request":{"remote_ip":"192.0.2.7","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/a","headers":{"User-Agent":["Mozilla/5.0"],"Referer":["https://shop.example/"],"Accept":[]},"tls":{"resumed":false}},"user_id":"","duration":0.01,"status":200,"resp_headers":{"Content-Type":["text/html; charset=utf-8"]}}"#,
            [
                "192.0.2.7",
                "1431857103.25",
                "GET",
                "shop.example",
                "/a",
                "https://shop.example/",
                "Mozilla/5.0",
                "text/html; charset=utf-8",
            ],
            200,
        );
    }

    #[test]
    fn a_path_stands_for_a_target_and_a_url_for_its_path() {
        let line = |fields: &str| {
            format!(r#"{{"ClientIP":"::1","EdgeStartTimestamp":1,"EdgeResponseStatus":200,{fields}}}"#)
        };
        for (fields, target) in [
            (r#""ClientRequestPath":"/a""#, "/a"),
            (r#""ClientRequestURI":"https://shop.example/a?b""#, "/a?b"),
            (r#""ClientRequestURI":"/to?url=https://x.example/""#, "/to?url=https://x.example/"),
        ] {
            let line = line(fields);
            let read = Line::parse(&line).unwrap();
            assert_eq!(read.request().target, target.as_bytes(), "{fields}");
        }
    }

    #[test]
    fn what_is_no_request_is_told() {
        for line in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"ClientIP":"::1"}"#,
            r#"{"ClientIP":"::1","ClientRequestURI":"/","EdgeStartTimestamp":1}"#,
            r#"{"ClientIP":"::1","ClientRequestURI":"/","EdgeStartTimestamp":1,"EdgeResponseStatus":200} x"#,
        ] {
            assert!(Line::parse(line).is_none(), "{line}");
        }
    }
}
