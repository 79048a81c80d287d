//! A reader of `Link` fields that takes what RFC 8288, section 3, has in its grammar, and nothing else.

/// A link: its target, and its parameters in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub target: String,
    pub parameters: Vec<Parameter>,
}

/// A name, and a value if it has one.
type Parameter = (String, Option<String>);

impl Link {
    /// The value of a parameter; `None` where it is missing or has none.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).and_then(|(_, value)| value.as_deref())
    }

    pub fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(other, _)| other == name)
    }
}

/// The links of a field; `None` where it is none by the grammar.
pub fn read(field: &str) -> Option<Vec<Link>> {
    let mut links = Vec::new();
    let mut rest = field;
    loop {
        let (target, behind) = rest.strip_prefix('<')?.split_once('>')?;
        if !target.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte)) {
            return None;
        }
        let (parameters, behind) = parameters(behind)?;
        links.push(Link { target: target.to_owned(), parameters });
        if behind.is_empty() {
            return Some(links);
        }
        rest = behind.strip_prefix(',')?.trim_start_matches([' ', '\t']);
    }
}

fn parameters(mut rest: &str) -> Option<(Vec<Parameter>, &str)> {
    let mut parameters = Vec::new();
    while let Some(behind) = rest.strip_prefix(';') {
        let (name, behind) = token(behind.trim_start_matches([' ', '\t']))?;
        let (value, behind) = match behind.strip_prefix('=') {
            None => (None, behind),
            Some(behind) => match behind.strip_prefix('"') {
                None => token(behind).map(|(value, behind)| (Some(value.to_owned()), behind))?,
                Some(quoted) => {
                    // Ours has no escaped characters: not every browser reads them.
                    let (value, behind) = quoted.split_once('"')?;
                    let is_text = |byte: u8| (0x20..0x7f).contains(&byte) && byte != b'\\';
                    value.bytes().all(is_text).then(|| (Some(value.to_owned()), behind))?
                }
            },
        };
        parameters.push((name.to_owned(), value));
        rest = behind;
    }
    Some((parameters, rest))
}

/// A token (RFC 9110, section 5.6.2), and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let end = text.bytes().position(|byte| !is_of_token(byte)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}
