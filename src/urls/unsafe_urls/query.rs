//! Whether a URL's query says that something is done when it is fetched.

use super::act::{Act, act, to_anything};
use super::knowledge::{Force, KNOWLEDGE, Kind, Roles, Rule};
use super::path::{self, looks_random};
use super::words::Words;
use crate::urls::parameters;
use std::borrow::Cow;
use url::Url;
use url::form_urlencoded;

/// The most parameters that are looked at. A query with more is refused: nobody can say what it does.
pub const MAX_PARAMETERS: usize = 64;

/// The most commands that are read as paths.
const MAX_COMMANDS: usize = 4;

/// The longest value that is looked at as a name or a path, in bytes.
const MAX_VALUE_BYTES: usize = 200;

/// A parameter, with what is known of its name.
struct Parameter<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    words: Option<Words>,
    roles: Roles,
}

/// A URL's query.
pub struct Query<'a> {
    parameters: Vec<Parameter<'a>>,
    /// Whether it has more than are looked at.
    pub is_too_long: bool,
    is_front_controller: bool,
}

impl<'a> Query<'a> {
    /// Reads the query of a URL.
    #[must_use]
    pub fn of(url: &'a Url) -> Self {
        let mut pairs = parameters::written(url);
        let parameters = pairs
            .by_ref()
            .take(MAX_PARAMETERS)
            .filter_map(|part| form_urlencoded::parse(part.as_bytes()).next())
            .map(|(mut name, value)| {
                // A button that is a picture says where it was pressed: `logout.x=12`.
                if let Some(button) = name.strip_suffix(".x").or_else(|| name.strip_suffix(".y")) {
                    name = Cow::Owned(button.to_owned());
                }
                let words = Words::of(&name);
                let roles = words.as_ref().map(|words| KNOWLEDGE.of(words.joined())).unwrap_or_default();
                Parameter { name, value, words, roles }
            })
            .collect();
        let last = url.path().rsplit('/').next().unwrap_or_default();
        // A page is no program for having a slash at its end.
        let is_front_controller =
            url.path() == "/" || last.contains(".php") || last.contains(".asp") || last.contains(".cgi");
        Self { parameters, is_too_long: pairs.next().is_some(), is_front_controller }
    }

    /// What of it the meaning of the path depends on.
    #[must_use]
    pub fn of_path(&self) -> path::Query {
        let has = |kind| {
            self.parameters.iter().any(|parameter| parameter.roles.is(kind) && !parameter.is_category())
        };
        let ends_in_id = |parameter: &Parameter<'_>| {
            parameter.words.as_ref().is_some_and(|words| {
                words.len() > 1
                    && matches!(words.word(words.len() - 1), "id" | "ids" | "key" | "code" | "token")
            }) || (parameter.name.len() > 2 && parameter.name.ends_with("id"))
        };
        path::Query {
            identifies: has(Kind::Identifying)
                || has(Kind::Token)
                || self.parameters.iter().any(|parameter| ends_in_id(parameter) || parameter.is_number()),
            has_any: !self.parameters.is_empty(),
            returns: has(Kind::Returning),
            targets: has(Kind::Target),
            proves: self.parameters.iter().any(|parameter| {
                parameter.roles.is(Kind::Proving) && parameter.may_prove() && !parameter.is_category()
            }),
        }
    }

    /// The rule by which it does something, and the parameter that says so.
    #[must_use]
    pub fn rule(&self, identifies: bool) -> Option<(Rule, &str)> {
        // What is done tells more than that it is guarded.
        let mut commands = 0;
        let by_name = self.parameters.iter().find_map(|parameter| {
            let rule = parameter
                .named()
                .or_else(|| parameter.turns())
                .or_else(|| {
                    let is_command = parameter.is_command()?;
                    commands += 1;
                    (commands <= MAX_COMMANDS).then(|| parameter.commanded(is_command, identifies)).flatten()
                })
                .or_else(|| parameter.switching(self.parameters.len() == 1, self.is_front_controller))?;
            Some((rule, &*parameter.name))
        });
        let guarded =
            || self.parameters.iter().find_map(|parameter| Some((parameter.guarded()?, &*parameter.name)));
        by_name.or_else(|| Some((self.sign_in()?, "client_id"))).or_else(guarded)
    }

    /// The parameters without a value that are called by a verb. Behind a path they say what a last segment would:
    /// `/tickets/5?take`.
    pub fn bare_verbs(&self) -> impl Iterator<Item = &str> {
        let is_verb = |parameter: &&Parameter<'_>| {
            let Some(words) = parameter.words.as_ref().filter(|_| parameter.value.is_empty()) else {
                return false;
            };
            let roles = parameter.roles;
            let says_other = roles.is(Kind::Command) || roles.is(Kind::Paged) || roles.is(Kind::Searching);
            !says_other && !parameter.name.contains('/') && act(words).is_some()
        };
        self.parameters.iter().filter(is_verb).map(|parameter| &*parameter.name).take(MAX_COMMANDS)
    }

    /// Whether a parameter is called like a choice of the whole site: a language, a currency, a theme. Most of them only select what
    /// this one page shows; what the answer sets tells.
    #[must_use]
    pub fn selects(&self) -> bool {
        self.parameters.iter().any(|parameter| {
            parameter.roles.is(Kind::Switching)
                || parameter.roles.is(Kind::Placing)
                || parameter
                    .words
                    .as_ref()
                    .is_some_and(|words| KNOWLEDGE.of(words.word(words.len() - 1)).noun == Some("language"))
        })
    }

    /// Whether it has parameters, and all of them say which page or which thing is meant.
    #[must_use]
    pub fn only_names(&self) -> bool {
        let names = |parameter: &Parameter<'_>| {
            parameter.roles.is(Kind::Paged) || parameter.roles.is(Kind::Identifying)
        };
        !self.parameters.is_empty() && self.parameters.iter().all(names)
    }

    /// What its parameters say which page is meant.
    pub fn pages(&self) -> impl Iterator<Item = &str> {
        let paged = self.parameters.iter().filter(|parameter| parameter.roles.is(Kind::Paged));
        paged.map(|parameter| &*parameter.value).filter(|value| value.len() <= MAX_VALUE_BYTES)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| &*parameter.value)
    }

    /// A step of signing in: `response_type=`, `state=` with `code=`, `SAMLResponse=`.
    fn sign_in(&self) -> Option<Rule> {
        let has = |name: &str| self.value(name).is_some_and(|value| !value.is_empty());
        ((has("client_id") && (has("response_type") || has("redirect_uri"))) || (has("code") && has("state")))
            .then_some("sign-in")
    }
}

/// Parameters that prove something or else say where somebody comes from, or what is shown: `?ref=footer`.
const AMBIGUOUS: [&str; 4] = ["ref", "key", "k", "t"];

/// The shortest word in small letters that proves something as one of these, in bytes.
const MIN_PROOF: usize = 12;

/// Whether the name of a parameter says that its value is what is done, as a whole or by its last word.
fn names_command(words: &Words, roles: Roles) -> bool {
    // `pm_actions[9]=delete`
    let bare = words.without_number();
    let words = bare.as_ref().unwrap_or(words);
    let last = words.word(words.len() - 1);
    roles.is(Kind::Command)
        || words.joined() == "actionid"
        || matches!(last, "action" | "actions" | "do" | "cmd" | "task" | "command" | "op")
        || (words.len() == 1 && KNOWLEDGE.of(last).is(Kind::Command))
}

/// The longest value that names a command, in bytes.
const MAX_COMMAND_BYTES: usize = 32;

/// Whether a parameter says by a word what is done: `action=move_up`, `do=show`. Its value tells pages from each other, as a path does;
/// what has digits in it names one of many.
#[must_use]
pub fn is_command(name: &str, value: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
    (1..=MAX_COMMAND_BYTES).contains(&value.len())
        && value.bytes().all(is_word)
        && Words::of(name).is_some_and(|words| names_command(&words, KNOWLEDGE.of(words.joined())))
}

impl Parameter<'_> {
    /// Whether it tells one of many by a number.
    fn is_number(&self) -> bool {
        self.value.len() > 1
            && self.value.bytes().all(|byte| byte.is_ascii_digit())
            && !self.roles.is(Kind::Searching)
    }

    /// Whether it only says of which kind what is shown is: `data=language`. What identifies or proves something is no word.
    fn is_category(&self) -> bool {
        self.name == "data" && self.value.bytes().all(|byte| byte.is_ascii_alphabetic())
    }

    /// Whether its value may be one that proves something: no number, and no word where the name may say anything.
    fn may_prove(&self) -> bool {
        let is_of = |byte: u8| byte.is_ascii_lowercase() || b"-_".contains(&byte);
        let is_word = || self.value.len() < MIN_PROOF && self.value.bytes().all(is_of);
        let is_number = self.value.bytes().all(|byte| byte.is_ascii_digit());
        let may_be_word = AMBIGUOUS.contains(&&*self.name) && is_word();
        !is_number && !may_be_word
    }

    /// A parameter that guards what acts against forgery.
    fn guarded(&self) -> Option<Rule> {
        let words = self.words.as_ref()?;
        if self.value.is_empty() || self.roles.is(Kind::NoToken) {
            return None;
        }
        let last = words.word(words.len() - 1);
        let ends = |ending: &str| last.len() > ending.len() + 1 && last.ends_with(ending);
        // What these are called, other things are as well.
        let is_signature = matches!(
            words.joined(),
            "sig" | "signature" | "hmac" | "secret" | "security" | "ticket" | "crumb"
        );
        let is_token = (self.roles.is(Kind::Token) && !is_signature)
            || matches!(last, "token" | "nonce" | "csrf" | "xsrf" | "sesskey" | "formhash" | "sectok")
            || ends("token")
            || ends("nonce")
            || ends("csrf")
            || words.joined().starts_with("csrf")
            || words.joined().starts_with("xsrf");
        if is_token {
            return Some("single-use-token");
        }
        if is_signature && looks_random(&self.value) {
            return Some("single-use-token");
        }
        // `t=1700000000,0123…`: a time with what signs it.
        let is_timed = self.value.split_once(',').is_some_and(|(time, hash)| {
            time.len() == 10
                && time.bytes().all(|byte| byte.is_ascii_digit())
                && hash.len() >= 3
                && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        // A name that is itself a hash, as Joomla's tokens are: `0123…=1`.
        let is_hash = words.len() == 1
            && words.joined().len() == 32
            && words.joined().bytes().all(|byte| byte.is_ascii_hexdigit());
        // And shorter ones on both sides, as SMF has them: `e1f20b7c=6d5c4b3a`.
        let is_hex = |text: &str| {
            text.len() >= 7
                && text.bytes().all(|byte| byte.is_ascii_hexdigit())
                && text.bytes().any(|byte| byte.is_ascii_digit())
        };
        let is_hash = is_hash || (is_hex(&self.name) && is_hex(&self.value));
        (is_timed || is_hash).then_some("single-use-token")
    }

    /// A parameter whose name is what is done: `add-to-cart=42`, `logout`, `delete=5`.
    fn named(&self) -> Option<Rule> {
        let words = self.words.as_ref().filter(|_| !self.name.contains('/'))?;
        // What such a parameter says is done, or shown, not what it is called.
        if self.roles.is(Kind::Command) || self.roles.is(Kind::Paged) {
            return KNOWLEDGE.of(words.joined()).phrase.filter(|_| self.value.is_empty());
        }
        // `deleteIndex=0` counts from nought.
        let is_index = self.value == "0" && words.len() > 1 && words.word(words.len() - 1) == "index";
        if (matches!(&*self.value, "0" | "false" | "no" | "off" | "null" | "undefined") && !is_index)
            || self.roles.is(Kind::Searching)
        {
            return None;
        }
        match act(words)? {
            Act::Alone(rule) | Act::Beside { force: Force::Firm, rule, .. } => Some(rule),
            Act::Beside { force, rule, has_object: true } if force >= Force::Verb => Some(rule),
            // `export=csv`, `vote=1`; but no word, which is filtered by.
            Act::Beside { force: Force::Verb, rule, .. } => {
                let is_said = matches!(&*self.value, "" | "1" | "true" | "yes" | "on" | "up" | "down")
                    || self.value.bytes().any(|byte| byte.is_ascii_digit())
                    || rule == "download";
                is_said.then_some(rule)
            }
            Act::Beside { .. } => None,
        }
    }

    /// A parameter without a value that turns something on or off: `?toolbar_off`. `?log_on` and `?add_on` name other things.
    fn turns(&self) -> Option<Rule> {
        let words = self.words.as_ref().filter(|words| words.len() > 1 && self.value.is_empty())?;
        let is_switch = matches!(words.word(words.len() - 1), "on" | "off");
        (is_switch && !matches!(words.word(0), "add" | "log" | "sign" | "try")).then_some("modify")
    }

    /// Whether the value is what is done, or else a page, or a path; `None` for any other value. `q=logout` is searched for;
    /// `q=user/logout` is a path.
    fn is_command(&self) -> Option<bool> {
        if self.value.is_empty() || self.value.len() > MAX_VALUE_BYTES {
            return None;
        }
        let is_paged = || {
            self.roles.is(Kind::Paged)
                && (!self.roles.is(Kind::Searching)
                    || self.value.contains('/')
                    || self.value.starts_with("Special:")
                    || matches!(&*self.name, "page" | "mode"))
        };
        let is_command = self.words.as_ref().is_some_and(|words| names_command(words, self.roles));
        (is_command || is_paged()).then_some(is_command)
    }

    /// A parameter whose value is what is done: `action=logout`, `route=common/logout`, `task=user.logout`.
    fn commanded(&self, is_command: bool, identifies: bool) -> Option<Rule> {
        // A colon parts what a command does; elsewhere it may part anything.
        let borders: &[char] = if is_command { &['/', '.', ':', '|'] } else { &['/', '.', '|'] };
        let value = self
            .value
            .strip_prefix("Special:")
            .or_else(|| self.value.strip_prefix("special:"))
            .unwrap_or(&self.value);
        let is_path = value.contains(borders);
        if is_path {
            let path = value.replace(borders, "/");
            if let Some((rule, _)) =
                path::rule(&path, path::Query { identifies: is_command, ..path::Query::default() })
            {
                return Some(rule);
            }
            // `task=banners.click`: the last name is what is done.
            if !is_command {
                return None;
            }
        }
        let name = value.rsplit(borders).next().unwrap_or_default();
        let words = Words::of(name)?;
        if is_command && matches!(words.joined(), "go" | "visit") {
            return Some("outbound");
        }
        if matches!(words.joined(), "redirect" | "redir" | "goto" | "away" | "jump" | "outbound") {
            return Some("outbound");
        }
        match act(&words) {
            Some(Act::Alone(rule)) => return Some(rule),
            // `action=click`: a page that counts where its links stand.
            Some(Act::Beside { rule: "conversion", .. }) if !identifies => return None,
            // `page=delete&id=5`
            Some(Act::Beside { force, rule, .. })
                if identifies && (force >= Force::Verb || rule == "download") =>
            {
                return Some(rule);
            }
            Some(Act::Beside { force, rule, .. })
                if is_command && (force >= Force::Verb || rule == "maintenance") =>
            {
                return Some(rule);
            }
            // `create`, `post`: forms.
            Some(Act::Beside { .. }) => return None,
            None => {}
        }
        // `bbp_favorite_add`: any of the words, where nothing is shown.
        let roles = |index: usize| KNOWLEDGE.of(words.word(index));
        if !is_command || words.len() < 2 || (0..words.len()).any(|index| roles(index).is(Kind::Showing)) {
            return None;
        }
        // `item_moveup`, `rule_move_down`: a phrase at the end, whatever it is done to.
        let phrase =
            || (1..words.len()).find_map(|start| KNOWLEDGE.of(words.between(start, words.len())).phrase);
        let verb = || (0..words.len()).rev().find_map(|index| roles(index).acting_verb()).map(to_anything);
        phrase().or_else(verb)
    }

    /// A parameter that switches the language or the currency: `locale=de`, `currency=EUR`.
    fn switching(&self, is_alone: bool, is_front_controller: bool) -> Option<Rule> {
        // Beside others, and on a page of its own, it selects; what the answer sets tells.
        let words = self.words.as_ref().filter(|_| is_alone || is_front_controller)?;
        let is_language = || {
            Words::of(&self.value)
                .is_some_and(|value| value.word(0).len() == 2 && value.len() <= 2 && self.value.len() <= 7)
        };
        let is_currency =
            || self.value.len() == 3 && self.value.bytes().all(|byte| byte.is_ascii_uppercase());
        let last = words.word(words.len() - 1);
        let switches = match words.joined() {
            "locale" | "setlang" | "setlocale" | "culture" | "uiculture" => is_language(),
            "language" => is_language() && is_front_controller,
            _ if last == "currency" || words.joined() == "cur" => is_currency(),
            "store" | "fromstore" => self.name.starts_with("___"),
            _ => false,
        };
        switches.then_some("language")
    }
}
