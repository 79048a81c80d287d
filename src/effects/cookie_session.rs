//! Sessions whose content is kept in the cookie itself, sealed or signed: those of Rails, Flask, Express `cookie-session`, Laravel's
//! cookie driver, Phoenix, Django's signed cookies, Starlette, Fastify, Play, `PrestaShop`, aiohttp, Pyramid, hapi's yar, Mozilla's
//! `client-sessions`, Adonis, Litestar, Beaker, py4web, Tornado, Bottle.
//!
//! Their old value stays good when a new one is not taken, since the origin has no other memory of it. And of two answers that
//! renew the same value the later one undoes what the earlier one has noted. A session that is a key to something which the
//! origin keeps is the other way round: there the old key may be gone.
//!
//! What holds tokens of a sign-in is left out (JSON Web Tokens, iron-session as sign-in services use it, JSON that names a token):
//! some are renewed together with one at the origin that is good once, and whoever goes on with the old one is signed out. What
//! nobody can tell, the site can: `RENEWED_COOKIES`.

use super::cookie::{MAX_LINES, SetCookie};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;

/// The longest value that is looked at, in bytes: no browser keeps a longer one.
const MAX_BYTES: usize = 8 * 1024;

/// The fewest characters of a signature.
const MIN_SIGNATURE: usize = 20;

/// The name of the session of Play, whose value is a JSON Web Token.
const PLAY: &str = "PLAY_SESSION";

/// How the names of those of `PrestaShop` begin, in lower case. Older ones are sealed in a form that tells nothing.
const PRESTASHOP: &str = "prestashop-";

/// How what Defuse's library for PHP has encrypted begins, in hexadecimal digits, and how long it is if nothing was: the mark of its
/// version, a salt, an initialization vector and an authentication tag of 4, 32, 16 and 32 bytes.
const DEFUSE: &str = "def50200";
const MIN_DEFUSE: usize = 2 * (4 + 32 + 16 + 32);

/// How a Fernet token begins in base64url, by its version and the first bytes of a time in this century; and the shortest one: version,
/// time, initialization vector, one block, and an authentication tag of 1, 8, 16, 16 and 32 bytes.
const FERNET: &str = "gAAAAA";
const MIN_FERNET: usize = 100;

/// How what Adonis encrypts begins.
const ADONIS: &str = "e:";

/// How what hapi's yar seals begins, and the name that it has unless the site gives it another one: others seal tokens in the same form.
const IRON: &str = "Fe26.2**";
const YAR: &str = "session";

/// How many bytes the signature of Pyramid has, which stands before what it signs, and how many characters of base64 say it and what
/// comes first behind it.
const PYRAMID_SIGNATURE: usize = 64;
const PYRAMID_START: usize = (PYRAMID_SIGNATURE + 2).div_ceil(3) * 4;

/// What Litestar writes behind what it encrypts, before the time at which it expires.
const LITESTAR: &[u8] = b"={\"expires_at\":";

/// How many hexadecimal digits the signature of Beaker has, which stands before what it signs, and how that begins in base64: what Python
/// has pickled, compressed or not, or JSON. What is encrypted begins with a nonce of 16 bytes.
const BEAKER_SIGNATURE: usize = 40;
const BEAKER_STARTS: [&str; 3] = ["gA", "eJ", "ey"];
const BEAKER_NONCE: usize = 24;

/// What stands before the signature of py4web and web2py, and how many hexadecimal digits that has, as Tornado's has, which comes last.
const WEB2PY: &str = "hmac256:";
const SIGNATURE_DIGITS: usize = 64;

/// How what Tornado signs begins, by its version.
const TORNADO: &str = "2|";

/// Base64 as far as it goes, whatever its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Whether a cookie that an answer sets holds the content of a session, or signs one that the same answer sets.
#[must_use]
pub fn holds_content(cookie: &SetCookie<'_>, set_cookies: &[String]) -> bool {
    let signed = cookie.name.strip_suffix(".sig");
    is_content(cookie.name, cookie.value)
        || signed.is_some_and(|signed| {
            // Of several a browser keeps the last, and a line that begins otherwise need not be read.
            let mut lines = set_cookies.iter().take(MAX_LINES);
            let line = lines.rfind(|line| {
                line.trim_start().strip_prefix(signed).is_some_and(|rest| rest.trim_start().starts_with('='))
            });
            line.map(|line| SetCookie::parse(line)).is_some_and(|other| is_content(other.name, other.value))
        })
}

/// Words in the names of cookies that hold tokens of a sign-in.
const TOKEN_NAMES: [&str; 8] = ["auth", "token", "oidc", "oauth", "wos-", "jwt", "remember", "refresh"];

/// Words in JSON that holds such tokens, in lower case.
const TOKEN_WORDS: [&str; 5] = ["refresh", "access_token", "accesstoken", "id_token", "idtoken"];

/// Whether a value is the content of a session.
#[must_use]
pub fn is_content(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if value.len() > MAX_BYTES || TOKEN_NAMES.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let value = percent_decode_str(value).decode_utf8_lossy();
    let value = value.trim_matches('"');
    name == PLAY && value.split('.').count() == 3
        || is_rails(value)
        || signed(value).is_some()
        || is_boxed(value)
        || value.starts_with("SFMyNTY.")
        || (lower.starts_with(PRESTASHOP) && !value.is_empty())
        || is_sealed(value)
        || (name == YAR && value.starts_with(IRON))
        || is_of_adonis(value)
        || is_of_client_sessions(value)
        || is_of_pyramid(value)
        || is_of_litestar(value)
        || is_of_beaker(value)
        || is_of_web2py(value)
        || is_of_tornado(name, value)
        || is_of_bottle(value)
        || is_json(value)
}

/// Whether it is what Adonis encrypts: what is in it, an initialization vector and a signature, in base64url.
fn is_of_adonis(value: &str) -> bool {
    let mut parts = value.strip_prefix(ADONIS).unwrap_or_default().split('.');
    let are_coded =
        parts.by_ref().take(3).filter(|part| part.len() >= 16 && has_only(part, b"-_")).count() == 3;
    are_coded && parts.next().is_none()
}

/// Whether it is what Mozilla's `client-sessions` encrypts: an initialization vector, what is in it, when it was made and how long it is
/// good, both in milliseconds, and a signature of 32 bytes.
fn is_of_client_sessions(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').take(6).collect();
    let [vector, content, made, good_for, signature] = parts.as_slice() else { return false };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    [vector, content, signature].into_iter().all(|part| !part.is_empty() && has_only(part, b"-_"))
        && (made.len() == 13 && are_digits(made))
        && (!good_for.is_empty() && are_digits(good_for))
        && signature.len() == 43
}

/// Whether it is what Pyramid signs: a signature and, behind it, JSON of when it was renewed, when it was made, and what is in it, all in
/// base64url.
fn is_of_pyramid(value: &str) -> bool {
    let is_coded = has_only(value.trim_end_matches('='), b"-_");
    let start = value.get(..PYRAMID_START).filter(|_| is_coded).unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD.decode(start).unwrap_or_default();
    matches!(decoded.get(PYRAMID_SIGNATURE..), Some([b'[', digit, ..]) if digit.is_ascii_digit())
}

/// Whether it is what Litestar encrypts, or the last part of that where it is cut up: in base64, with the time at which it expires in the
/// clear at its end.
fn is_of_litestar(value: &str) -> bool {
    // Most values are no longer than one without any content.
    let end = value.get(value.len().saturating_sub(80) / 4 * 4..).unwrap_or_default();
    let decoded = LENIENT.decode(end).unwrap_or_default();
    decoded.ends_with(b"}") && decoded.windows(LITESTAR.len()).any(|bytes| bytes == LITESTAR)
}

/// Whether it is what Beaker signs: a signature in hexadecimal digits, and what is in it in base64.
fn is_of_beaker(value: &str) -> bool {
    let Some((signature, content)) = value.split_at_checked(BEAKER_SIGNATURE) else { return false };
    let is_encrypted = || {
        content
            .split_at_checked(BEAKER_NONCE)
            .is_some_and(|(nonce, rest)| nonce.ends_with("==") && !rest.is_empty())
    };
    signature.bytes().all(|byte| byte.is_ascii_hexdigit())
        && has_only(content, b"+/=")
        && (BEAKER_STARTS.iter().any(|start| content.starts_with(start)) || is_encrypted())
}

/// Whether it is what py4web, or web2py before it, encrypts and signs: a signature in hexadecimal digits, and what is in it in base64url.
fn is_of_web2py(value: &str) -> bool {
    let signed = value.strip_prefix("v1-").unwrap_or(value).strip_prefix(WEB2PY);
    let parts = signed.and_then(|signed| signed.split_once(':'));
    parts.is_some_and(|(signature, content)| {
        is_signature(signature) && !content.is_empty() && has_only(content, b"-_=")
    })
}

/// Whether it is what Tornado signs under this name, and holds no tokens: the version of the key, the time, the name and what is in it in
/// base64, each behind its length, and a signature.
fn is_of_tornado(name: &str, value: &str) -> bool {
    let mut rest = value.strip_prefix(TORNADO).unwrap_or_default();
    let mut parts = [""; 4];
    for part in &mut parts {
        let next = rest.split_once(':').and_then(|(length, behind)| {
            let (text, behind) = behind.split_at_checked(length.parse().ok()?)?;
            Some((text, behind.strip_prefix('|')?))
        });
        let Some(next) = next else { return false };
        (*part, rest) = next;
    }
    let [_, _, signed_name, content] = parts;
    let decoded = LENIENT.decode(content).unwrap_or_default();
    let decoded = String::from_utf8_lossy(&decoded).to_ascii_lowercase();
    signed_name == name && is_signature(rest) && !TOKEN_WORDS.iter().any(|word| decoded.contains(word))
}

/// Whether it is what Bottle signs: a signature and what is in it, both in base64.
fn is_of_bottle(value: &str) -> bool {
    value.strip_prefix('!').and_then(|signed| signed.split_once('?')).is_some_and(|(signature, content)| {
        signature.len() >= MIN_SIGNATURE
            && !content.is_empty()
            && [signature, content].into_iter().all(|part| has_only(part, b"+/="))
    })
}

/// Whether it is a signature by SHA-256 in hexadecimal digits.
fn is_signature(text: &str) -> bool {
    text.len() == SIGNATURE_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a value tells by itself whose it is, so that it stays good beside a newer one: a JSON Web Token, encrypted or not, or the first
/// part of one that is cut up, what iron seals, or ASP.NET's data protection.
#[must_use]
pub fn is_token(value: &str) -> bool {
    (value.starts_with("eyJ") && value.contains('.'))
        || value.starts_with("Fe26.")
        || value.starts_with("CfDJ8")
}

/// Whether it is sealed by Defuse's library or as a Fernet token, each of which says so at its start.
fn is_sealed(value: &str) -> bool {
    let is_defuse = value.starts_with(DEFUSE)
        && value.len() >= MIN_DEFUSE
        && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_defuse || (value.starts_with(FERNET) && value.len() >= MIN_FERNET && has_only(value, b"-_="))
}

/// Whether a text has nothing but letters, digits and these.
fn has_only(text: &str, others: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

/// Whether it is what Rails and Rack sign or encrypt: parts in base64 with `--` between them, the last of them in hexadecimal digits
/// or padded. A key at random may hold `--` as well.
fn is_rails(value: &str) -> bool {
    let Some((content, rest)) = value.split_once("--") else { return false };
    let is_base64 = |text: &str| !text.is_empty() && has_only(text, b"+/=\n");
    let signature = rest.rsplit("--").next().unwrap_or_default();
    let is_signature = signature.ends_with('=') || signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_base64(content) && rest.split("--").all(is_base64) && signature.len() >= MIN_SIGNATURE && is_signature
}

/// Whether it is what `@fastify/secure-session` encrypts: what is in the box, and a nonce of 24 bytes, both in base64.
fn is_boxed(value: &str) -> bool {
    const NONCE_CHARS: usize = 32;
    let is_base64 = |text: &str| has_only(text, b"+/=");
    value.split_once(';').is_some_and(|(content, nonce)| {
        content.len() >= MIN_SIGNATURE && nonce.len() == NONCE_CHARS && is_base64(content) && is_base64(nonce)
    })
}

/// The content of what Flask and Starlette (with dots) and Django (with colons) sign: before it come when it was signed, and the
/// signature.
fn signed(value: &str) -> Option<&str> {
    ['.', ':'].into_iter().find_map(|between| {
        let mut parts = value.rsplitn(3, between);
        let (signature, at, content) = (parts.next()?, parts.next()?, parts.next()?);
        // Content that is compressed begins with a dot. That of Starlette is in the other base64, and padded.
        let coded = content.strip_prefix('.').unwrap_or(content);
        let is_it = signature.len() >= MIN_SIGNATURE
            && (5..=8).contains(&at.len())
            && !coded.is_empty()
            && has_only(coded, b"-_+/=")
            && [signature, at].into_iter().all(|part| has_only(part, b"-_"));
        is_it.then_some(content)
    })
}

/// The part of a value that holds its content, where it is not sealed: in base64, and it may be compressed.
fn readable(value: &str) -> Option<String> {
    let value = percent_decode_str(value).decode_utf8_lossy();
    let value = value.trim_matches('"');
    let of_json = || is_json(value).then(|| value.split('.').next().unwrap_or_default());
    signed(value).or_else(of_json).map(str::to_owned)
}

/// Whether two values of a session hold the same content, as far as that can be read: one is only signed anew.
#[must_use]
pub fn is_same_content(one: &str, other: &str) -> bool {
    let content = readable(one);
    content.is_some() && content == readable(other)
}

/// Whether two values of a session hold content of which other parts are there, as far as that can be read: a form's token that
/// neither had, somebody who has signed in, a message. Where there are the same parts, one of them may count what was looked at.
#[must_use]
pub fn has_other_parts(one: &str, other: &str) -> bool {
    let names = |value: &str| -> Option<Vec<String>> {
        let content: String = readable(value)?
            .chars()
            .map_while(|it| match it {
                '-' => Some('+'),
                '_' => Some('/'),
                '=' => None,
                it => Some(it),
            })
            .collect();
        let decoded = LENIENT.decode(content).ok()?;
        let parts: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&decoded).ok()?;
        Some(parts.into_iter().map(|(name, _)| name).collect())
    };
    // In order: a map of serde_json sorts its names.
    names(one).zip(names(other)).is_some_and(|(one, other)| one != other)
}

/// Whether it is JSON in base64, as Express, Koa, Laravel and Remix write it, and holds no tokens. A JSON Web Token has three parts,
/// and five where it is encrypted.
fn is_json(value: &str) -> bool {
    if matches!(value.split('.').count(), 3 | 5) {
        return false;
    }
    let content = value.split('.').next().unwrap_or_default();
    let is_coded = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '+' | '/');
    let content: String = content.chars().take_while(is_coded).collect();
    let whole = content.get(..content.len() / 4 * 4).unwrap_or_default();
    let Ok(decoded) = LENIENT.decode(whole) else { return false };
    let decoded = String::from_utf8_lossy(&decoded).to_ascii_lowercase();
    decoded.starts_with("{\"") && !TOKEN_WORDS.iter().any(|word| decoded.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_from_keys_and_tokens() {
        for (name, value) in [
            ("_redmine_session", "TmpFNE1UUXpOVEV5TWpNek1qTT0%3D--b5f4c6f4b9d9d2f1f8b9c2d3e4f5a6b7c8d9e0f1"),
            ("_app_session", "q1%2Bw2e3r4t5y6u7i8o9p%3D%3D--Ab12Cd34Ef56Gh78--mN90pQ12rS34tU56vW78xY%3D%3D"),
            (
                "rack.session",
                "BAh7CEkiD3Nlc3Npb25faWQGOgZFVEk%3D%0A--8d6f0e1c2b3a4d5e6f708192a3b4c5d6e7f80912",
            ),
            ("session", "eyJ1c2VyX2lkIjo3fQ.ZUtQ1w.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA"),
            ("session", ".eJyrVkrOz0tNLlGyUqpWSs7PK0nNK1GqBQBTrAdk.ZUtQ1w.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA"),
            ("sessionid", "eyJfYXV0aF91c2VyX2lkIjoiMSJ9:1qZx8K:N2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO1zKjD4nTqVyM"),
            // Starlette 1.10, of which only content that divides by three has no padding.
            ("session", "eyJsYXN0IjogImxpc3QiLCAidHJhaWwiOiBbMSwgMl19.awzWPw.Kuiffj4rXk3v9Jb2sQ1dYt7rNq0"),
            ("session", "eyJsYXN0IjogImxpc3QifQ==.awzWPw.Kuiffj4rXk3v9Jb2sQ1dYt7rNq0"),
            ("session", "eyJuIjoiPj8/PiJ9Cg==.awzWPw.Kuiffj4rXk3v9Jb2sQ1dYt7rNq0"),
            // @fastify/secure-session 8.
            ("session", "q1w2e3r4t5y6u7i8o9p0a1s2d3f4%2Bg5h6%3D%3D%3BN2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO1"),
            ("sess", "eyJ2aWV3cyI6Mn0="),
            // Litestar 2.25, and the end of one that is cut up.
            (
                "session",
                "xWFt4BcVo64Ai+qMKaNCKHUqmAvwi/ti2bSPw92F6ywujbWjgJMscfboWGlODYxxj/f+YWRkaXRpb25hbF9hdXRoZW50aWNhdGVkX2RhdGE9eyJleHBpcmVzX2F0IjoxNzk3MjUyMjk0fQ==",
            ),
            ("session-2", "IjoxNzk2bF9hdXRoZW50aWNhdGVkX2RhdGE9eyJleHBpcmVzX2F0IjoxNzk3MjUyMjk0fQ=="),
            // Beaker 1.13: pickled, JSON that is compressed, and encrypted.
            (
                "beaker.session.id",
                "55a18c98b1887c5c279402938f062830e9119df3gAJ9cQAoWAcAAABfZG9tYWlucQFOWAUAAABfcGF0aHEC",
            ),
            (
                "beaker.session.id",
                "fa495dfc3fb4782b58936cfdfad5c11d3581da8beJx1jMsOwiAURH+lYW2UZ+H6M4TCJRKBmkJXxn8X",
            ),
            (
                "tgapp",
                "3b470dd36194a99223f843005b35f08bc3a0a66c3hQk0lSyfJ6xtsw04XnjHQ==z4XvM/Sr+XfU1gN476eaF+Za9J3nC1kR9JsptZDfEahOZHi0",
            ),
            ("laravel_session", "eyJpdiI6IjF4In0%3D"),
            ("__session", "eyJ1c2VySWQiOiI3In0%3D.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA"),
            ("_app_key", "SFMyNTY.g3QAAAABbQAAAAtfY3NyZl90b2tlbm0AAAAY.N2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO1"),
            ("PLAY_SESSION", "eyJhbGciOiJIUzI1NiJ9.eyJkYXRhIjp7fX0.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA"),
        ] {
            assert!(is_content(name, value), "{name}={value}");
        }
        let defuse = format!("def50200{}", "4e9a1c7b".repeat(20));
        let fernet = format!("gAAAAA{}==", "Bk3v9Jb2sQ".repeat(10));
        for (name, value) in [
            ("PrestaShop-0a1b2c", defuse.as_str()),
            ("PrestaShop-0a1b2c", "ZWr2%2FkQ%3D%3D000054"),
            ("session", defuse.as_str()),
            ("AIOHTTP_SESSION", fernet.as_str()),
        ] {
            assert!(is_content(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("session", &defuse[..166]),
            ("session", &*defuse.replace("7b4e", "7x4e")),
            ("auth_token", defuse.as_str()),
            ("access_token", fernet.as_str()),
            ("session", &fernet[..96]),
            ("session", &*fernet.replace("3v9", "3.9")),
            ("PrestaShop-0a1b2c", ""),
        ] {
            assert!(!is_content(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("PHPSESSID", "q3v8k1m0s7d2f6g9h4j5l1z0xc"),
            ("sessionid", "1x2y3z4a5b6c7d8e9f0g1h2i3j4k5l6m"),
            ("connect.sid", "s%3AqWeRtYuIoPaSdFgH.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA"),
            ("JSESSIONID", "8F3A2B1C9D7E6F5A4B3C2D1E0F9A8B7C.node-1"),
            (
                "__Secure-next-auth.session-token",
                "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..a1b2c3d4.e5f6.a7b8c9d0e1f2a3b4",
            ),
            (
                "access_token",
                "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA",
            ),
            ("sb-ref-auth-token", "base64-eyJhY2Nlc3NfdG9rZW4iOiJleUoifQ"),
            ("wos-session", "Fe26.2*1*0a1b2c*d3e4*f5a6*1700000000000*b7c8*d9e0"),
            (
                "session",
                "eyJjdXN0b21lckFjY291bnQiOnsicmVmcmVzaFRva2VuIjoieCJ9fQ==.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA",
            ),
            ("sid", "eyJ6aXAiOiJERUYiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA"),
            ("sid", "Jx8Q2hP1--vT7mZr4KcWq9sLb3NdYf6Ge"),
            ("wordpress_logged_in_0a1b", "admin%7C1700000000%7Cx1y2z3%7Ca1b2c3"),
            ("session", "q1w2e3r4t5y6u7i8o9p0a1s2d3f4%3BN2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO"),
            ("session", "short%3BN2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO1"),
            ("token", "a--b"),
            // A key of Beaker's that is kept at the origin, and others of the same characters.
            ("beaker.session.id", "fa495dfc3fb4782b58936cfdfad5c11d3581da8b"),
            ("sid", "fa495dfc3fb4782b58936cfdfad5c11d3581da8b0123456789abcdef0123"),
            ("sid", "fa495dfc3fb4782b58936cfdfad5c11d3581da8xeJx1jMsOwiAURH"),
            ("session", "xWFt4BcVo64Ai+qMKaNCKHUqmAvwi/ti2bSPw92F6ywujbWjgJMscfboWGlODYxxj/f+"),
            ("uuid", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
            ("session", ""),
        ] {
            assert!(!is_content(name, value), "{name}={value}");
        }
        assert!(!is_content("session", &format!("eyJ2aWV3cyI6Mn0={}", "A".repeat(MAX_BYTES))));
    }

    #[test]
    fn what_python_signs_under_a_name_or_in_a_form_of_its_own_is_content() {
        for (name, value) in [
            // py4web 1.2026, Tornado 6.5, Bottle 0.13.
            (
                "_scaffold_session",
                "\"v1-hmac256:130ef2822c222e0cb153c0b7a8d5ba97a37e82bb248b10d21637cba31e77daea:oX1L5h8RHIop2n1OdCEU3CitcpRbRwVVfNVqWPFB9V7MDK-Uqij_yA==\"",
            ),
            (
                "session_id_app",
                "hmac256:afd718ccd385c87c6f754830a5b713afa1731b35a4b49281dd332ef43b5f3f3f:VO9N2d9FxBWcGdsoMmLSnA==",
            ),
            (
                "user",
                "\"2|1:0|10:1796057144|4:user|28:eyJuIjoxLCJuYW1lIjoiYW5uIn0=|6a8a1f039a28a244d4753ea9b7f6848ba9a136d2d662cfbfe1bd710c8d093368\"",
            ),
            (
                "account",
                "\"!rJi6E7PXq2F8N5IPBcvjLc65u8UEtKaTFXPiiGxgQnk=?gAWVEgAAAAAAAACMB2FjY291bnSUjAJ2MZSGlC4=\"",
            ),
        ] {
            assert!(is_content(name, value), "{name}={value}");
        }
        for (name, value) in [
            // Too short a signature, another name, tokens, and Tornado's token of forms.
            ("session", "v1-hmac256:130ef2822c222e0cb153c0b7a8d5ba97:oX1L5h8RHIop2n1O"),
            (
                "other",
                "2|1:0|10:1796057144|4:user|28:eyJuIjoxLCJuYW1lIjoiYW5uIn0=|6a8a1f039a28a244d4753ea9b7f6848ba9a136d2d662cfbfe1bd710c8d093368",
            ),
            (
                "user",
                "2|1:0|10:1796057144|4:user|24:eyJyZWZyZXNoIjoiYWJjIn0=|6a8a1f039a28a244d4753ea9b7f6848ba9a136d2d662cfbfe1bd710c8d093368",
            ),
            ("user", "2|1:0|99:1796057144|4:user|4:YWJj|6a8a"),
            ("_xsrf", "2|4a1b2c3d|5e6f708192a3b4c5d6e7f8091a2b3c4d|1796057144"),
            ("a", "!short?gAWV"),
        ] {
            assert!(!is_content(name, value), "{name}={value}");
        }
    }

    #[test]
    fn what_is_only_signed_anew_is_told_from_what_holds_something_else() {
        const SIGNATURE: &str = "Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA";
        // {"views":2}, {"views":3}, {"csrf_token":"x","views":2}
        let [two, three, more] =
            ["eyJ2aWV3cyI6Mn0", "eyJ2aWV3cyI6M30", "eyJjc3JmX3Rva2VuIjoieCIsInZpZXdzIjoyfQ"];
        let flask = |content: &str, at: &str| format!("{content}.{at}.{SIGNATURE}");
        for (one, other, is_same, has_others) in [
            (flask(two, "ZUtQ1w"), flask(two, "ZUtQ9w"), true, false),
            (flask(two, "ZUtQ1w"), flask(three, "ZUtQ9w"), false, false),
            (flask(two, "ZUtQ1w"), flask(more, "ZUtQ9w"), false, true),
            (flask(more, "ZUtQ1w"), flask(two, "ZUtQ9w"), false, true),
            // Starlette and Express, padded.
            (flask(&format!("{two}="), "awzWPw"), flask(&format!("{more}=="), "awzWPw"), false, true),
            (format!("{two}="), format!("{three}%3D"), false, false),
            (format!("{two}="), format!("{more}=="), false, true),
            // Compressed: nobody reads it.
            (flask(".eyJrVko", "ZUtQ1w"), flask(".eyJrVk1", "ZUtQ1w"), false, false),
            (flask(".eyJrVko", "ZUtQ1w"), flask(".eyJrVko", "ZUtQ9w"), true, false),
            ("SFMyNTY.a.b".to_owned(), "SFMyNTY.a.b".to_owned(), false, false),
            ("8f3a2b1c".to_owned(), "8f3a2b1c".to_owned(), false, false),
            (String::new(), String::new(), false, false),
        ] {
            let told = (is_same_content(&one, &other), has_other_parts(&one, &other));
            assert_eq!(told, (is_same, has_others), "{one} {other}");
        }
    }

    #[test]
    fn content_of_some_forms_is_told_by_their_names_as_well() {
        // Pyramid 2, client-sessions 0.8, hapi's yar 11, Adonis 6.
        for (name, value) in [
            (
                "session",
                "eKr56HX-WDFQFbY3U9ZxNEzAEgLi0YSmMdnttzSLNIvmPn_LIiblstTihbcWO9EFY6JUvL0dyHhTzIRnWLBiwVsxNzY0NDgw\
                 MDAwLCAxNzY0NDc5OTk5LjUsIHsidmlld3MiOiAyfV0",
            ),
            (
                "session",
                "QmF3ZWQ1ZGY0c2Q0ZjVkZg.Wk9dJ_2s-Q1dYt7rNq0.1764480000000.86400000.N2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO1zKjD4nTqVyM",
            ),
            ("session", "Fe26.2**0a1b2c*d3e4*f5a6*1700000000000*b7c8*d9e0"),
            (
                "q1w2e3r4t5y6u7i8",
                "e%3AWk9dJ_2s-Q1dYt7rNq0.QmF3ZWQ1ZGY0c2Q0ZjVkZg.N2p7Jd0sYw5tQvB8uRk3XcLmEaHf",
            ),
        ] {
            assert!(is_content(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("nuxt-session", "Fe26.2**0a1b2c*d3e4*f5a6*1700000000000*b7c8*d9e0"),
            ("session", "Fe26.2*1*0a1b2c*d3e4*f5a6*1700000000000*b7c8*d9e0"),
            ("remember_web", "e%3AWk9dJ_2s-Q1dYt7rNq0.QmF3ZWQ1ZGY0c2Q0ZjVkZg.N2p7Jd0sYw5tQvB8uRk3XcLmEaHf"),
            ("refresh", "e%3AWk9dJ_2s-Q1dYt7rNq0.QmF3ZWQ1ZGY0c2Q0ZjVkZg.N2p7Jd0sYw5tQvB8uRk3XcLmEaHf"),
            ("adonis-session", "s%3Aq1w2e3r4t5y6u7i8.QmF3ZWQ1ZGY0c2Q0ZjVkZg.N2p7Jd0sYw5tQvB8uRk3XcLmEaHf"),
            ("x", "e%3AWk9dJ_2s-Q1dYt7rNq0.QmF3ZWQ1ZGY0c2Q0ZjVkZg"),
            ("session", "a.b.1764480000000.x.N2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO1zKjD4nTqVyM"),
            ("session", "a.b.17644800000.1.N2p7Jd0sYw5tQvB8uRk3XcLmEaHfGiO1zKjD4nTqVyM"),
            (
                "session",
                "eKr56HX-WDFQFbY3U9ZxNEzAEgLi0YSmMdnttzSLNIvmPn_LIiblstTihbcWO9EFY6JUvL0dyHhTzIRnWLBiwXsxNzY0NDgw",
            ),
        ] {
            assert!(!is_content(name, value), "{name}={value}");
        }
    }

    #[test]
    fn a_token_tells_whose_it_is_and_a_key_does_not() {
        for (value, expected) in [
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA", true),
            ("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..a1b2c3d4.e5f6.a7b8c9d0e1f2a3b4", true),
            ("Fe26.2*1*0a1b2c*d3e4*f5a6*1700000000000*b7c8*d9e0", true),
            ("CfDJ8Bk3v9Jb2sQ1dYt7rNq0wLp5uEzA", true),
            ("q3v8k1m0s7d2f6g9h4j5l1z0xc", false),
            ("s%3AqWeRtYuIoPaSdFgH.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA", false),
            ("", false),
        ] {
            assert_eq!(is_token(value), expected, "{value}");
        }
    }

    #[test]
    fn a_signature_goes_with_what_it_signs() {
        let lines = |value: &str| {
            vec![format!("s={value}; path=/; httponly"), "s.sig=k3v9Jb2sQ1dYt7rNq0w; path=/".to_owned()]
        };
        let is_held = |lines: &[String]| holds_content(&SetCookie::parse(&lines[1]), lines);
        assert!(is_held(&lines("eyJ2aWV3cyI6Mn0=")));
        assert!(!is_held(&lines("koa:sess:8f3a2b1c")));
    }

    #[test]
    fn whatever_a_value_is_it_is_read() {
        for value in ["%", "%zz", "--", "a--", "..", "::", ".a.b", "eyJ", "é--é", "\"\""] {
            assert!(!is_content("session", value), "{value}");
            assert!(!is_same_content(value, value) && !has_other_parts(value, "eyJ2aWV3cyI6Mn0="), "{value}");
        }
    }
}
