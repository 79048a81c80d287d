//! Why a page must not be speculated on: one list of all reasons, and what follows from each.
//!
//! Some reasons show before the origin is asked (its URL says so, or the page was met before), some in its answer, and some
//! only when a page that is to be prerendered has been read. What follows from each is decided here: what the refusal says
//! ([`Ineligible::refusal`]), whom it affects and so for whom it is remembered ([`Ineligible::affects`]), what the site's
//! learner is told ([`Affected::told`]), and whether the page does harm when it is fetched ([`Ineligible::is_harmful`]).

use serde::{Deserialize, Serialize};
use shown::Shown;

pub mod shown;

/// Why a page must not be speculated on, or not in this way, or not for this visitor.
///
/// The reasons that a learner is told have words in the JSON that is sent to it and stored; the others never leave the isolate
/// but in a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ineligible {
    /// `Cache-Control: private` or `no-store`: not for others to know.
    Private,
    /// `X-Robots-Tag: noindex`.
    Noindex,
    /// A plain `GET` takes a session away.
    SessionDeleted,
    /// A plain `GET` gives another session. On some sites every page does, which tells nothing.
    SessionRotated,
    /// A plain `GET` changes a cart.
    CartChanged,
    /// `Clear-Site-Data`.
    ClearsSiteData,
    /// It leads back to the page from which it is asked for.
    RedirectsBack,
    /// It leads to another site.
    LeavesSite,
    /// It is saved as a file, and not shown.
    Download,
    /// It is nothing that a browser shows as a page.
    NoPage,
    /// It does something, or sets a cookie, that cannot be deferred to the activation, so that it is refused to newcomers.
    Undeferrable,
    /// It cannot be changed as it would have to be, to be prerendered; it can be prefetched.
    Unrenderable,

    /// The visitor sends more cookies than are read, or its answer sets more than are looked at.
    #[serde(skip)]
    TooManyCookies,
    /// Its URL is longer than is looked at.
    #[serde(skip)]
    UrlTooLong,
    /// Its URL does something when it is fetched.
    #[serde(skip)]
    UnsafeUrl {
        /// The name of the pattern that says so.
        rule: String,
    },
    /// Links to it say that it does something, and no plain views have shown that it does nothing.
    #[serde(skip)]
    Suspected {
        /// The name of the rule: what its links say.
        rule: String,
    },
    /// It is published to do harm when it is fetched.
    #[serde(skip)]
    Harmful,
    /// This isolate has met it before, and it was ineligible for these visitors.
    #[serde(skip)]
    Quarantined(Affected),
    /// This isolate has met several pages of its route, and they were ineligible for these visitors.
    #[serde(skip)]
    QuarantinedRoute(Affected),
    /// Its answer shows that nobody may be given it on a guess.
    #[serde(skip)]
    Shows(Shown),
    /// It sets a cookie that the visitor does not have and that cannot be deferred, or it takes away one that may be a session.
    #[serde(skip)]
    SetCookie {
        /// The cookie's name.
        name: String,
        /// For whom that is so.
        affects: Affected,
    },
    /// Its URL has an effect of its own (`EFFECT_PATHS`), and no ticket can defer that.
    #[serde(skip)]
    Effect(Affected),
    /// What the visitor does meanwhile renews their session, so that an answer to a guess must not.
    #[serde(skip)]
    Overtaken,
    /// The origin was asked without parameters that count clicks, and leads on: where to, they would be missing.
    #[serde(skip)]
    Stripped,
    /// A prerendering page sends more to paths with an effect than is deferred for one page.
    #[serde(skip)]
    TooMuch,
    /// As many pages are being read as may be at once.
    #[serde(skip)]
    Busy,
    /// Its body could not be read.
    #[serde(skip)]
    Unread,
    /// Its bytes come so slowly, as those of a page that is streamed, that a visitor would wait for the last of them.
    #[serde(skip)]
    Slow,
    /// It must reach the visitor as it is: it says `Cache-Control: no-transform`, or is an [AMP document](crate::amp).
    #[serde(skip)]
    NoTransform,
    /// Its markup does not say for sure where its scripts are: lol_html's strict mode refuses it, or should.
    #[serde(skip)]
    Ambiguous,
    /// A script or picture that counts a view stands in a shadow root, where it cannot be deferred.
    #[serde(skip)]
    InShadow,
    /// It has more bytes, nesting, policies or scripts than are held.
    #[serde(skip)]
    TooLarge,
    /// Its encoding is one in which ASCII bytes do not mean ASCII (UTF-16, ISO-2022-JP), one that the runtime does not
    /// decode, or one that could not be found any more after the edit.
    #[serde(skip)]
    Encoding,
    /// Its policies do not let our script do what it has to.
    #[serde(skip)]
    Policy,
    /// It leads on by itself, before what is deferred could be there.
    #[serde(skip)]
    GoesOn,
    /// The platform refused to build the changed page.
    #[serde(skip)]
    Unbuilt,
    /// It is prerendered without scripts, and asks to be loaded anew at its activation.
    #[serde(skip)]
    Unscripted,
    /// A rule of ours asks for it that a page was given before speculations on it were switched off.
    #[serde(skip)]
    SwitchedOff,
    /// Something failed on our side.
    #[serde(skip)]
    Failed,
}

/// Whom a reason affects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affected {
    /// Visitors with a session.
    WithSession,
    /// Visitors who have the cookie of this name.
    WithCookie(String),
    /// Visitors who have the cookie of this name, with another value than the one that the page sets.
    WithOtherValue {
        /// The name.
        name: String,
        /// What tells its value ([`fnv1a`](crate::hash::fnv1a)): the value itself may be a visitor's own.
        value: u64,
    },
    /// Visitors who do not have the cookie of this name.
    WithoutCookie(String),
    /// Everybody.
    Everybody,
    /// Prerendering: everybody may prefetch the page.
    Prerendering,
    /// Whoever would ask for it as a page, as far as the same would be answered.
    Shown(Shown),
    /// Of these, whoever cannot bring a ticket back: without a key everybody, and with one what other engines and scripts
    /// fetch ahead.
    WithoutTicket(Box<Self>),
}

impl Affected {
    /// Those who sent a cookie of this name as well, or those who sent none.
    #[must_use]
    pub fn by_cookie(name: &str, was_sent: bool) -> Self {
        if was_sent { Self::WithCookie(name.to_owned()) } else { Self::WithoutCookie(name.to_owned()) }
    }

    /// What a refusal calls it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::WithSession => "session",
            Self::WithCookie(_) | Self::WithOtherValue { .. } | Self::WithoutCookie(_) => "set-cookie",
            Self::Everybody => "effect",
            Self::Prerendering => "prerender",
            Self::Shown(shown) => shown.as_str(),
            Self::WithoutTicket(affected) => affected.as_str(),
        }
    }

    /// What the site's learner is told of a page that is remembered as ineligible for them. Of sessions it is told with
    /// every answer that changes one, of what an answer shows with each that shows it, and of what a ticket could defer
    /// nothing: others may be fetching the page ahead.
    #[must_use]
    pub fn told(&self) -> Option<Ineligible> {
        match self {
            Self::WithSession | Self::Shown(_) | Self::WithoutTicket(_) => None,
            Self::WithCookie(_) | Self::WithOtherValue { .. } | Self::WithoutCookie(_) | Self::Everybody => {
                Some(Ineligible::Undeferrable)
            }
            Self::Prerendering => Some(Ineligible::Unrenderable),
        }
    }
}

/// Whether views can show that nothing happens on a page which is suspected by this rule. Of a sign-out they cannot: many end the session
/// at the origin, set no cookie and show a page, so that the very visits which sign out would clear it. And nobody has to have it ahead.
#[must_use]
pub fn may_be_cleared(rule: &str) -> bool {
    rule != "sign-out"
}

impl Ineligible {
    /// An undeferrable cookie, for those who sent one of its name or for those who sent none.
    #[must_use]
    pub fn cookie(name: &str, was_sent: bool) -> Self {
        Self::SetCookie { name: name.to_owned(), affects: Affected::by_cookie(name, was_sent) }
    }

    /// An undeferrable cookie that changes one that the visitor has, to a value with this hash.
    #[must_use]
    pub fn changed_cookie(name: &str, value: u64) -> Self {
        let affects = Affected::WithOtherValue { name: name.to_owned(), value };
        Self::SetCookie { name: name.to_owned(), affects }
    }

    /// The value of `Headstart-Refused`, a structured field item: a token for the kind, parameters for the detail. `None`
    /// for what is told to the learner and refuses nothing by itself.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        Some(match self {
            Self::UnsafeUrl { rule } => format!("unsafe-url;rule={rule}"),
            Self::Suspected { rule } => format!("unsafe-url;rule={rule};by=link"),
            Self::Harmful => format!("quarantine;why={}", self.as_str()),
            Self::Quarantined(affected) => format!("quarantine;why={}", affected.as_str()),
            Self::QuarantinedRoute(affected) => format!("quarantine;why={};route", affected.as_str()),
            Self::SetCookie { name, .. } => {
                let is_plain =
                    name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
                if is_plain { format!("set-cookie;name=\"{name}\"") } else { "set-cookie".to_owned() }
            }
            Self::Shows(_)
            | Self::Effect(_)
            | Self::ClearsSiteData
            | Self::Overtaken
            | Self::Stripped
            | Self::TooManyCookies
            | Self::UrlTooLong
            | Self::SwitchedOff
            | Self::Failed => self.as_str().to_owned(),
            Self::TooMuch => "effect;too-much".to_owned(),
            Self::Busy
            | Self::Unread
            | Self::Slow
            | Self::NoTransform
            | Self::Ambiguous
            | Self::InShadow
            | Self::TooLarge
            | Self::Encoding
            | Self::Policy
            | Self::GoesOn
            | Self::Unbuilt
            | Self::Unscripted => format!("prerender;{}", self.as_str()),
            Self::Private
            | Self::Noindex
            | Self::SessionDeleted
            | Self::SessionRotated
            | Self::CartChanged
            | Self::RedirectsBack
            | Self::LeavesSite
            | Self::Download
            | Self::NoPage
            | Self::Undeferrable
            | Self::Unrenderable => return None,
        })
    }

    /// What it is called in logs, explanations and refusals.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Noindex => "noindex",
            Self::SessionDeleted => "session-deleted",
            Self::SessionRotated => "session-rotated",
            Self::CartChanged => "cart-changed",
            Self::ClearsSiteData => "clear-site-data",
            Self::RedirectsBack => "redirects-back",
            Self::LeavesSite => "leaves-site",
            Self::Download => "download",
            Self::NoPage => "no-page",
            Self::Shows(shown) => shown.as_str(),
            Self::Undeferrable => "undeferrable",
            Self::Unrenderable => "unrenderable",
            Self::TooManyCookies => "cookies",
            Self::UrlTooLong => "url-too-long",
            Self::UnsafeUrl { .. } => "unsafe-url",
            Self::Suspected { .. } => "suspected",
            Self::Harmful => "harmful",
            Self::Quarantined(_) | Self::QuarantinedRoute(_) => "quarantine",
            Self::SetCookie { .. } => "set-cookie",
            Self::Effect(_) => "effect",
            Self::Overtaken => "overtaken",
            Self::Stripped => "stripped",
            Self::TooMuch => "too-much",
            Self::Busy => "busy",
            Self::Unread => "unread",
            Self::Slow => "slow",
            Self::NoTransform => "no-transform",
            Self::Ambiguous => "ambiguous",
            Self::InShadow => "shadow-root",
            Self::TooLarge => "too-large",
            Self::Encoding => "encoding",
            Self::Policy => "policy",
            Self::GoesOn => "goes-on",
            Self::Unbuilt | Self::Failed => "failed",
            Self::Unscripted => "unscripted",
            Self::SwitchedOff => "switched-off",
        }
    }

    /// For whom a page that is met with this is remembered as ineligible; `None` where another time it may go well, or where
    /// nothing needs to be remembered.
    #[must_use]
    pub fn affects(&self) -> Option<Affected> {
        match self {
            Self::SessionRotated => Some(Affected::WithSession),
            Self::ClearsSiteData | Self::Undeferrable => Some(Affected::Everybody),
            Self::SetCookie { affects, .. } | Self::Effect(affects) => Some(affects.clone()),
            Self::Shows(shown) => Some(Affected::Shown(*shown)),
            Self::Unrenderable
            | Self::Slow
            | Self::NoTransform
            | Self::Ambiguous
            | Self::InShadow
            | Self::TooLarge
            | Self::Encoding
            | Self::Policy
            | Self::GoesOn => Some(Affected::Prerendering),
            Self::Private
            | Self::Noindex
            | Self::SessionDeleted
            | Self::CartChanged
            | Self::RedirectsBack
            | Self::LeavesSite
            | Self::Download
            | Self::NoPage
            | Self::TooManyCookies
            | Self::UrlTooLong
            | Self::UnsafeUrl { .. }
            | Self::Suspected { .. }
            | Self::Harmful
            | Self::Quarantined(_)
            | Self::QuarantinedRoute(_)
            | Self::Overtaken
            | Self::Stripped
            | Self::TooMuch
            | Self::Busy
            | Self::Unread
            | Self::Unbuilt
            | Self::Unscripted
            | Self::SwitchedOff
            | Self::Failed => None,
        }
    }

    /// The same reason, of a page that could be prefetched: it only shows, or only matters, when it is prerendered.
    #[must_use]
    pub fn when_prerendered(self) -> Self {
        match self {
            Self::SetCookie { name, .. } => Self::SetCookie { name, affects: Affected::Prerendering },
            Self::Effect(_) => Self::Effect(Affected::Prerendering),
            other => other,
        }
    }

    /// Whether the site's learner is told of it: it has a word in the JSON that is sent and stored.
    #[must_use]
    pub fn is_told(&self) -> bool {
        matches!(
            self,
            Self::Private
                | Self::Noindex
                | Self::SessionDeleted
                | Self::SessionRotated
                | Self::CartChanged
                | Self::ClearsSiteData
                | Self::RedirectsBack
                | Self::LeavesSite
                | Self::Download
                | Self::NoPage
                | Self::Undeferrable
                | Self::Unrenderable
        )
    }

    /// Whether fetching the page does something, or nothing that is of use on a guess, so that it is kept out of every rule set
    /// and reported.
    #[must_use]
    pub fn is_harmful(&self) -> bool {
        self.is_no_page_here()
            || matches!(
                self,
                Self::SessionDeleted
                    | Self::SessionRotated
                    | Self::CartChanged
                    | Self::ClearsSiteData
                    | Self::RedirectsBack
                    | Self::Harmful
            )
    }

    /// Whether it says of a page that not everybody may keep or know it, which each answer that says nothing of the kind
    /// contradicts.
    #[must_use]
    pub fn is_of_caches(&self) -> bool {
        matches!(self, Self::Private | Self::Noindex)
    }

    /// Whether it says that no page of the site is shown, which each view of a page contradicts.
    #[must_use]
    pub fn is_no_page_here(&self) -> bool {
        matches!(self, Self::LeavesSite | Self::Download | Self::NoPage)
    }

    /// Whether it is about a session, which may be the visitor's own affair: it had expired, say.
    #[must_use]
    pub fn is_of_session(&self) -> bool {
        matches!(self, Self::SessionDeleted | Self::SessionRotated)
    }

    /// Whether each answer must be looked at, so that no decision about one is replayed: what does harm must be; but where
    /// sessions are given anew, every page does that, and what is no page is told by its media type.
    #[must_use]
    pub fn must_be_seen(&self) -> bool {
        self.is_harmful() && !self.is_no_page_here() && *self != Self::SessionRotated
    }

    /// Whether it stands against prerendering alone.
    #[must_use]
    pub fn is_of_prerendering(&self) -> bool {
        self.affects() == Some(Affected::Prerendering)
    }

    /// Whether another try may go well: nothing is known of the page.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Unread)
    }

    /// Whether a ticket might have helped.
    #[must_use]
    pub fn is_for_want_of_a_ticket(&self) -> bool {
        matches!(self, Self::SetCookie { .. } | Self::Effect(_))
    }
}

/// A speculation that is refused after the origin has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub why: Ineligible,
    /// Whether the next one is refused before the origin is asked.
    pub memory: Memory,
    /// The `Set-Cookie` lines that reach the visitor with the refusal: what the origin has renewed of their session.
    pub renewed: Vec<String>,
}

/// Whether a refusal is remembered, and of whom it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// It is forgotten at once: another time it may go well.
    Forgotten,
    /// It is the page's doing, whoever asks.
    Page,
    /// A ticket might have helped, but whoever asked could not have brought one back.
    WithoutTicket,
}

impl Refusal {
    /// A refusal that hands nothing on.
    #[must_use]
    pub fn new(why: Ineligible, memory: Memory) -> Self {
        Self { why, memory, renewed: Vec::new() }
    }

    /// A refusal that is forgotten at once.
    #[must_use]
    pub fn once(why: Ineligible) -> Self {
        Self::new(why, Memory::Forgotten)
    }

    /// For whom the page is remembered as ineligible.
    #[must_use]
    pub fn remembered(&self) -> Option<Affected> {
        let affected = self.why.affects()?;
        match self.memory {
            Memory::Forgotten => None,
            Memory::Page => Some(affected),
            Memory::WithoutTicket => Some(Affected::WithoutTicket(Box::new(affected))),
        }
    }
}

#[cfg(test)]
mod tests;
