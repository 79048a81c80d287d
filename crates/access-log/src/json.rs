//! A line of JSON, as Cloudflare's Logpush, nginx and Caddy write it.
//!
//! The fields are known by the names that these give them, and that people give the variables of nginx; others are passed over. Where
//! several names tell of the same thing, the one that tells it best is heard, wherever it stands in the line. Caddy has what belongs
//! to the request in an object `request`, its fields in `headers`, and a list for each of them.

use super::{Request, address, target};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The rank of what tells nothing of a field, of what cannot be what the field is about, and by how much a value is put back that is
/// probably something else.
const NOTHING: u8 = 200;
const WRONG: u8 = 150;
const DOUBTFUL: u8 = 100;

/// The rank from which on a target is a path, which may be decoded, rewritten and without its query.
const PATHS: u8 = 2;

/// The longest name of a field.
const MAX_NAME: usize = 32;

/// What one line tells. Texts stand as they do in the line where nothing in them is escaped.
#[derive(Debug, Default)]
pub struct Line<'a> {
    address: Told<'a>,
    user: Told<'a>,
    time: Told<'a>,
    method: Told<'a>,
    host: Told<'a>,
    target: Told<'a>,
    query: Told<'a>,
    status: Told<'a>,
    referer: Told<'a>,
    agent: Told<'a>,
    content_type: Told<'a>,
    /// `method target protocol`.
    request: Told<'a>,
}

/// What a field says, and the rank of the name that says it: the least is heard. `None` while nothing was said.
#[derive(Debug, Default)]
struct Told<'a> {
    text: Cow<'a, str>,
    rank: Option<u8>,
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
    Query,
    Status,
    Referer,
    Agent,
    ContentType,
    Request,
    /// An object with the fields of the request as HTTP has them.
    Headers,
    /// An object with more fields.
    More,
}

/// The field of a name, which is in lower case and has `_` for `-`, and its rank among the names of that field.
fn field(name: &str) -> Option<(Field, u8)> {
    Some(match name {
        // What Cloudflare says, what a server has made of what proxies say, what these say, and who has connected.
        "cf_connecting_ip" | "http_cf_connecting_ip" | "true_client_ip" | "http_true_client_ip" => {
            (Field::Address, 0)
        }
        "client_ip" => (Field::Address, 1),
        "x_forwarded_for" | "http_x_forwarded_for" | "xff" => (Field::Address, 2),
        "x_real_ip" | "http_x_real_ip" | "real_ip" | "realip" => (Field::Address, 3),
        "clientip" | "client" | "remote_addr" | "remote_ip" => (Field::Address, 4),
        "remote_user" | "user_id" | "user" => (Field::User, 0),
        "edgestarttimestamp" | "time_local" | "time_iso8601" | "timestamp" | "@timestamp" | "time"
        | "msec" | "ts" => (Field::Time, 0),
        "clientrequestmethod" | "request_method" | "method" | "http_method" | "verb" => (Field::Method, 0),
        // What was asked for; the server's name is the first of several.
        "clientrequesthost" | "http_host" => (Field::Host, 0),
        "host" => (Field::Host, 1),
        "domain" | "vhost" => (Field::Host, 2),
        "server_name" => (Field::Host, 3),
        // A request line has rank 1.
        "clientrequesturi" | "request_uri" => (Field::Target, 0),
        "uri" | "url" => (Field::Target, PATHS),
        "clientrequestpath" | "path" => (Field::Target, PATHS + 1),
        "args" | "query_string" | "query" => (Field::Query, 0),
        "edgeresponsestatus" | "status" => (Field::Status, 0),
        "clientrequestreferer" | "http_referer" | "http_referrer" | "referer" | "referrer" => {
            (Field::Referer, 0)
        }
        "clientrequestuseragent" | "http_user_agent" | "user_agent" | "useragent" | "agent" | "ua" => {
            (Field::Agent, 0)
        }
        "edgeresponsecontenttype" | "sent_http_content_type" => (Field::ContentType, 0),
        "content_type" | "contenttype" => (Field::ContentType, 1),
        "request" => (Field::Request, 0),
        "headers" => (Field::Headers, 0),
        "resp_headers" | "@fields" | "@nginx_fields" | "nginx" => (Field::More, 0),
        _ => return None,
    })
}

/// The rank of what a name of this rank says.
fn worth(field: Field, rank: u8, text: &str) -> u8 {
    let is_nothing = matches!(text, "" | "-") || (field == Field::Host && text == "_");
    if is_nothing {
        return NOTHING;
    }
    match field {
        Field::Address => match address::first(text.as_bytes()) {
            None => WRONG,
            // A proxy's, where another is told.
            Some((_, address)) if address::is_inside(address) => rank + DOUBTFUL,
            Some(_) => rank,
        },
        // The server's own, where a name is told.
        Field::Host if address::is_one(text.as_bytes()) => rank + DOUBTFUL,
        _ => rank,
    }
}

impl<'a> Told<'a> {
    fn say(&mut self, text: Cow<'a, str>, rank: u8) {
        // Of names of the same rank the first counts.
        if self.rank.is_none_or(|known| rank < known) {
            (self.text, self.rank) = (text, Some(rank));
        }
    }

    /// What was said, if it is anything.
    fn text(&self) -> &str {
        if self.rank.is_some_and(|rank| rank < NOTHING) { &self.text } else { "" }
    }
}

impl<'a> Line<'a> {
    /// Reads a line. `None` for what is no JSON object, or has none of the fields without which nothing is known.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let mut read = Self::default();
        let mut json = serde_json::Deserializer::from_str(line);
        Fields { line: &mut read, are_headers: false }.deserialize(&mut json).ok()?;
        json.end().ok()?;
        read.join_query();
        // What a client sent that speaks no HTTP has no target, and is a request all the same.
        let has_target = read.target.rank.is_some() || read.request.rank.is_some();
        (has_target && read.address.rank.is_some() && !read.time.text().is_empty() && read.status().is_some())
            .then_some(read)
    }

    /// Puts the query behind a path that has none, so that a page with parameters is not taken for one without.
    fn join_query(&mut self) {
        let query = self.query.text().trim_start_matches('?');
        let is_path = self.target.rank.is_some_and(|rank| (PATHS..NOTHING).contains(&rank));
        if is_path && !query.is_empty() && !self.target.text.contains('?') {
            self.target.text = Cow::Owned(format!("{}?{query}", self.target.text));
        }
    }

    fn status(&self) -> Option<u16> {
        self.status.text.parse().ok()
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        let (method, asked) = target::asked(self.request.text().as_bytes());
        let (told_method, told) = (self.method.text().as_bytes(), self.target.text().as_bytes());
        let is_path = self.target.rank.is_none_or(|rank| rank >= PATHS);
        let (named, target) = target::split(if is_path && !asked.is_empty() { asked } else { told });
        // Who has no address has what stands in its place.
        let address = address::first(self.address.text.as_bytes()).map(|(address, _)| address);
        Request {
            address: address.unwrap_or(&self.address.text).as_bytes(),
            user: self.user.text().as_bytes(),
            time: self.time.text().as_bytes(),
            method: if told_method.is_empty() { method } else { told_method },
            host: named.unwrap_or(self.host.text().as_bytes()),
            target,
            status: self.status().unwrap_or_default(),
            referer: self.referer.text().as_bytes(),
            agent: self.agent.text().as_bytes(),
            content_type: self.content_type.text().as_bytes(),
        }
    }

    fn place(&mut self, field: Field) -> Option<&mut Told<'a>> {
        Some(match field {
            Field::Address => &mut self.address,
            Field::User => &mut self.user,
            Field::Time => &mut self.time,
            Field::Method => &mut self.method,
            Field::Host => &mut self.host,
            Field::Target => &mut self.target,
            Field::Query => &mut self.query,
            Field::Status => &mut self.status,
            Field::Referer => &mut self.referer,
            Field::Agent => &mut self.agent,
            Field::ContentType => &mut self.content_type,
            Field::Request => &mut self.request,
            Field::Headers | Field::More => return None,
        })
    }
}

/// Reads the fields of an object into a line.
struct Fields<'l, 'a> {
    line: &'l mut Line<'a>,
    /// Whether they are those that a browser has sent: their `Content-Type` is not the answer's.
    are_headers: bool,
}

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
            match field.filter(|(field, _)| !self.are_headers || *field != Field::ContentType) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some((field, rank)) => map.next_value_seed(Said { line: &mut *self.line, field, rank })?,
            }
        }
        Ok(())
    }
}

/// Reads a name.
struct Name;

impl<'a> DeserializeSeed<'a> for Name {
    type Value = Option<(Field, u8)>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<(Field, u8)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        // Names of HTTP's fields are the same in any case, and nginx has its variables in lower case.
        let mut plain = [0; MAX_NAME];
        let Some(plain) = plain.get_mut(..name.len()) else { return Ok(None) };
        for (place, byte) in plain.iter_mut().zip(name.bytes()) {
            *place = if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
        }
        Ok(std::str::from_utf8(plain).ok().and_then(field))
    }
}

/// Reads what a field says: a text, a number, the first of a list; or more fields.
struct Said<'l, 'a> {
    line: &'l mut Line<'a>,
    field: Field,
    rank: u8,
}

impl<'a> Said<'_, 'a> {
    fn say(self, text: Cow<'a, str>) {
        let rank = worth(self.field, self.rank, &text);
        if let Some(place) = self.line.place(self.field) {
            place.say(text, rank);
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
        list.next_element_seed(Said { line: &mut *self.line, ..self })?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'a>>(self, map: M) -> Result<(), M::Error> {
        Fields { line: self.line, are_headers: self.field == Field::Headers }.visit_map(map)
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

    /// The method, host and target of a line with these fields.
    fn asked(fields: &str) -> [String; 3] {
        let line = format!(r#"{{"remote_addr":"192.0.2.7","time":1,"status":200,{fields}}}"#);
        let read = Line::parse(&line).unwrap_or_else(|| panic!("{line}"));
        let request = read.request();
        [request.method, request.host, request.target].map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Each order of these fields.
    fn orders(fields: &[&str]) -> Vec<String> {
        let Some((first, rest)) = fields.split_first() else { return vec![String::new()] };
        let mut all = Vec::new();
        for order in orders(rest) {
            let order: Vec<&str> = order.split('\n').filter(|field| !field.is_empty()).collect();
            for at in 0..=order.len() {
                let mut order = order.clone();
                order.insert(at, first);
                all.push(order.join("\n"));
            }
        }
        all
    }

    fn in_each_order(fields: &[&str], check: impl Fn(&str)) {
        for order in orders(fields) {
            check(&order.replace('\n', ","));
        }
    }

    #[test]
    fn the_target_is_what_was_asked_for_wherever_it_stands() {
        let line = r#""request":"GET /a?b HTTP/1.1""#;
        for (fields, expected) in [
            (&[line][..], ["GET", "", "/a?b"]),
            (&[line, r#""uri":"/index.php""#], ["GET", "", "/a?b"]),
            (&[line, r#""url":"/a""#, r#""request_method":"HEAD""#], ["HEAD", "", "/a?b"]),
            (&[line, r#""path":"/a""#, r#""args":"b""#, r#""method":"GET""#], ["GET", "", "/a?b"]),
            (&[r#""uri":"/index.php""#, r#""request_uri":"/a?b""#], ["", "", "/a?b"]),
            (&[r#""request_uri":"/a?b""#, line, r#""uri":"/a""#], ["GET", "", "/a?b"]),
            (&[r#""uri":"/a""#, r#""args":"b=1&c""#, r#""method":"GET""#], ["GET", "", "/a?b=1&c"]),
            (&[r#""uri":"/a""#, r#""query_string":"?b""#], ["", "", "/a?b"]),
            (&[r#""uri":"/a?b""#, r#""args":"b""#], ["", "", "/a?b"]),
            (&[r#""uri":"/a""#, r#""args":"""#], ["", "", "/a"]),
            (&[r#""uri":"/a""#, r#""args":"-""#], ["", "", "/a"]),
            (&[r#""path":"/a""#, r#""uri":"/a/b""#], ["", "", "/a/b"]),
            (&[r#""path":"/a""#, r#""uri":"""#], ["", "", "/a"]),
            (&[r#""request":"/a?b""#, r#""verb":"GET""#], ["GET", "", "/a?b"]),
            (&[r#""request":"GET /a b HTTP/1.1""#], ["GET", "", "/a b"]),
            (
                &[r#""request":"GET https://shop.example/a HTTP/1.1""#, r#""host":"x""#],
                ["GET", "shop.example", "/a"],
            ),
            (&[r#""request":"""#, r#""uri":"""#], ["", "", ""]),
            (&[r#""request":"\\x16\\x03""#, r#""request_uri":"-""#], ["", "", ""]),
        ] {
            in_each_order(fields, |fields| assert_eq!(asked(fields), expected, "{fields}"));
        }
    }

    #[test]
    fn the_host_is_the_name_that_was_asked_for() {
        for (fields, host) in [
            (&[r#""host":"10.0.0.1""#, r#""http_host":"shop.example""#][..], "shop.example"),
            (&[r#""host":"10.0.0.1""#, r#""domain":"shop.example""#], "shop.example"),
            (&[r#""host":"[fd00::1]""#, r#""server_name":"shop.example""#], "shop.example"),
            (&[r#""host":"web-1""#, r#""http_host":"shop.example:443""#], "shop.example:443"),
            (&[r#""host":"shop.example""#, r#""server_name":"_""#], "shop.example"),
            (&[r#""host":"shop.example""#, r#""server_name":"www.shop.example""#], "shop.example"),
            (&[r#""http_host":"""#, r#""host":"shop.example""#], "shop.example"),
            (&[r#""http_host":"-""#, r#""server_name":"shop.example""#], "shop.example"),
            (&[r#""http_host":"198.51.100.1""#, r#""server_name":"_""#], "198.51.100.1"),
            (&[r#""server_name":"_""#], ""),
        ] {
            let fields: Vec<&str> = fields.iter().copied().chain([r#""request_uri":"/""#]).collect();
            in_each_order(&fields, |fields| assert_eq!(asked(fields)[1], host, "{fields}"));
        }
    }

    #[test]
    fn the_address_is_the_visitors() {
        for (fields, address) in [
            (&[r#""remote_addr":"203.0.113.5""#][..], "203.0.113.5"),
            (&[r#""remote_addr":"203.0.113.5:4711""#], "203.0.113.5"),
            (&[r#""clientip":"198.51.100.1""#, r#""xff":"203.0.113.5, 198.51.100.2""#], "203.0.113.5"),
            (&[r#""remote_addr":"10.0.0.1""#, r#""http_x_forwarded_for":"203.0.113.5""#], "203.0.113.5"),
            (
                &[r#""remote_addr":"10.0.0.1""#, r#""X-Forwarded-For":["unknown, 203.0.113.5"]"#],
                "203.0.113.5",
            ),
            (&[r#""remote_addr":"203.0.113.5""#, r#""http_x_forwarded_for":"-""#], "203.0.113.5"),
            (&[r#""remote_addr":"203.0.113.5""#, r#""http_x_forwarded_for":"""#], "203.0.113.5"),
            (&[r#""remote_addr":"203.0.113.5""#, r#""http_x_forwarded_for":"unknown""#], "203.0.113.5"),
            (&[r#""remote_addr":"203.0.113.5""#, r#""x_forwarded_for":"192.168.0.2""#], "203.0.113.5"),
            (&[r#""remote_addr":"10.0.0.1""#, r#""x_forwarded_for":"192.168.0.2""#], "192.168.0.2"),
            (&[r#""remote_addr":"198.51.100.1""#, r#""realip":"203.0.113.5""#], "203.0.113.5"),
            (&[r#""remote_ip":"198.51.100.1""#, r#""client_ip":"203.0.113.5""#], "203.0.113.5"),
            (&[r#""client_ip":"10.0.0.1""#, r#""x_forwarded_for":"203.0.113.5""#], "203.0.113.5"),
            (
                &[r#""http_x_forwarded_for":"198.51.100.1""#, r#""http_cf_connecting_ip":"2001:db8::5""#],
                "2001:db8::5",
            ),
            (&[r#""remote_addr":"unix:""#], "unix:"),
        ] {
            in_each_order(fields, |fields| {
                let line = format!(r#"{{{fields},"time":1,"status":200,"request_uri":"/"}}"#);
                let read = Line::parse(&line).unwrap();
                assert_eq!(std::str::from_utf8(read.request().address).unwrap(), address, "{line}");
            });
        }
    }

    #[test]
    fn published_formats_of_nginx_are_read() {
        let expected = |host, target, agent| {
            [
                "203.0.113.5",
                "2015-05-17T10:05:03+00:00",
                "GET",
                host,
                target,
                "https://shop.example/",
                agent,
                "",
            ]
        };
        check(
            r#"{"@timestamp":"2015-05-17T10:05:03+00:00","remote_addr":"203.0.113.5","host":"shop.example","uri":"/a","request":"GET /a?b HTTP/1.1","status":200,"http_referer":"https://shop.example/","http_user_agent":"Mozilla/5.0"}"#,
            expected("shop.example", "/a?b", "Mozilla/5.0"),
            200,
        );
        check(
            r#"{"@timestamp":"2015-05-17T10:05:03+00:00","host":"10.0.0.9","request_method": "GET", "clientip":"10.0.0.1","size":512,"responsetime":0.01,"upstreamtime":"0.01","upstreamhost":"10.0.0.2:4000","http_host":"shop.example","url":"/a","xff":"203.0.113.5, 10.0.0.3","referer":"https://shop.example/","agent":"Mozilla/5.0","status":"200"}"#,
            expected("shop.example", "/a", "Mozilla/5.0"),
            200,
        );
        check(
            r#"{"@timestamp":"2015-05-17T10:05:03+00:00","client":"203.0.113.5","url":"/index.php","status":"200","domain":"shop.example","host":"10.0.0.9","server_name":"_","request":"GET /a HTTP/2.0","http_x_forwarded_for":"","http_x_real_ip":"","referer": "https://shop.example/","ua": "Mozilla/5.0"}"#,
            expected("shop.example", "/a", "Mozilla/5.0"),
            200,
        );
        check(
            r#"{"@timestamp":"2015-05-17T10:05:03+00:00","@source":"10.0.0.9","@fields":{"remote_addr":"203.0.113.5","remote_user":"-","status":"304","host":"shop.example","uri":"/a","request_uri":"/a?b","request_method":"GET","http_referrer":"https://shop.example/","http_x_forwarded_for":"-","http_user_agent":"Mozilla/5.0"}}"#,
            expected("shop.example", "/a?b", "Mozilla/5.0"),
            304,
        );
    }

    #[test]
    fn caddy_tells_visitors_from_proxies_and_its_answers_from_requests() {
        check(
            r#"{"ts":1431857103.25,"request":{"remote_ip":"10.0.0.1","remote_port":"4711","client_ip":"203.0.113.5","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/a?b","headers":{"Content-Type":["application/json"],"X-Forwarded-For":["198.51.100.9"],"user-agent":["Mozilla/5.0"]},"tls":{"server_name":"other.example"}},"status":200,"resp_headers":{"Content-Type":["text/html"]}}"#,
            ["203.0.113.5", "1431857103.25", "GET", "shop.example", "/a?b", "", "Mozilla/5.0", "text/html"],
            200,
        );
        // Before version 2.5 the address had its port.
        check(
            r#"{"ts":1431857103.25,"request":{"remote_addr":"203.0.113.5:4711","method":"GET","host":"shop.example","uri":"/a","headers":{}},"common_log":"203.0.113.5 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5","status":200}"#,
            ["203.0.113.5", "1431857103.25", "GET", "shop.example", "/a", "", "", ""],
            200,
        );
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
