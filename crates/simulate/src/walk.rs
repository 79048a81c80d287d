//! What all visitors of all sites have in common.

use crate::draw::{Numbers, Table};

/// A page, by its number.
pub type Page = usize;

/// The most pages that one visitor looks at.
const MAX_VIEWS: usize = 60;

/// What brings somebody to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Comes from a search engine or a message for one page.
    Searcher,
    /// Looks around.
    Wanderer,
    /// Has a purpose that takes several pages: buys, learns, follows a story.
    Determined,
}

/// What a visitor does on a page. These are weights, not probabilities; what a page does not offer is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    /// Leaves the site.
    pub leave: f64,
    /// Goes back to the page from which this one was reached.
    pub back: f64,
    /// Asks the site's search, and goes to what it finds.
    pub search: f64,
    /// Follows the breadcrumb.
    pub up: f64,
    /// Follows a link that all pages have: the site's menu, head and foot.
    pub menu: f64,
    /// Follows the link that stands out: the next chapter, the way to the checkout.
    pub next: f64,
    /// Follows one of the page's own links.
    pub links: f64,
    /// Follows a link of the box "popular", which is the same on all pages.
    pub popular: f64,
}

/// What a page offers.
#[derive(Debug)]
pub struct Place<R> {
    path: String,
    /// What kind of page it is.
    pub role: R,
    /// Where its breadcrumb leads.
    pub up: Option<Page>,
    /// The link that stands out.
    pub next: Option<Page>,
    /// Its own links.
    pub links: Table<Page>,
    character: Character,
}

/// What sets a page apart from others of its kind, as factors of its visitors' habits. One answers the question that
/// led to it, the next raises another: among pages of one layout, the share of visitors who leave spreads widely.
#[derive(Clone, Copy, Debug)]
struct Character {
    /// How readily visitors leave: a third to three times what is usual, evenly by its logarithm.
    leave: f64,
    /// How readily they follow the link that stands out: a half to twice what is usual.
    next: f64,
}

impl Character {
    fn draw(numbers: &mut Numbers) -> Self {
        let mut within = |most: f64| power(most * most, numbers.chance()) / most;
        Self { leave: within(3.0), next: within(2.0) }
    }
}

/// A power with an exponent from 0 to 1, from square roots, which every machine rounds alike.
fn power(base: f64, mut exponent: f64) -> f64 {
    let (mut root, mut power) = (base, 1.0);
    for _ in 0..32 {
        root = root.sqrt();
        exponent *= 2.0;
        if exponent >= 1.0 {
            exponent -= 1.0;
            power *= root;
        }
    }
    power
}

/// The pages of a site and the links between them.
#[derive(Debug)]
pub struct Map<R> {
    places: Vec<Place<R>>,
    /// What all pages link to.
    pub menu: Table<Page>,
    /// What all pages show as popular.
    pub popular: Table<Page>,
    /// What the site's search finds.
    pub searched: Table<Page>,
    characters: Numbers,
}

impl<R: Copy + PartialEq> Map<R> {
    /// A site without pages.
    pub fn new(seed: u64) -> Self {
        Self {
            places: Vec::new(),
            menu: Table::default(),
            popular: Table::default(),
            searched: Table::default(),
            characters: Numbers::new(seed, "characters"),
        }
    }

    /// Adds a page.
    pub fn add(&mut self, path: impl Into<String>, role: R, up: Option<Page>) -> Page {
        let character = Character::draw(&mut self.characters);
        let links = Table::default();
        self.places.push(Place { path: path.into(), role, up, next: None, links, character });
        self.places.len() - 1
    }

    /// The paths of all pages.
    #[cfg(test)]
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| place.path.as_str())
    }

    /// The pages of this kind.
    pub fn of_role(&self, role: R) -> Vec<Page> {
        let all = self.places.iter().enumerate();
        all.filter(|(_, place)| place.role == role).map(|(page, _)| page).collect()
    }

    /// Changes a page's own links.
    pub fn link(&mut self, page: Page, links: Table<Page>) {
        if let Some(place) = self.places.get_mut(page) {
            place.links = links;
        }
    }

    /// Changes the link that stands out.
    pub fn lead(&mut self, page: Page, next: Option<Page>) {
        if let Some(place) = self.places.get_mut(page) {
            place.next = next;
        }
    }

    /// Changes where the breadcrumb leads.
    pub fn hang(&mut self, page: Page, up: Option<Page>) {
        if let Some(place) = self.places.get_mut(page) {
            place.up = up;
        }
    }
}

/// A site with its visitors.
pub trait Site {
    /// The kinds of pages it has.
    type Role: Copy + PartialEq;

    /// Its pages, as they are now.
    fn map(&self) -> &Map<Self::Role>;

    /// Somebody comes: who, and to which page.
    fn arrive(&self, numbers: &mut Numbers) -> Option<(Visitor, Page)>;

    /// What such a visitor does on such a page.
    fn habits(&self, visitor: Visitor, role: Self::Role) -> Habits;

    /// Time goes on; `navigations` is how many there were.
    fn pass(&mut self, navigations: usize);

    /// The links are made anew.
    fn relaunch(&mut self);
}

/// What a visitor does next.
enum Step {
    Follow(Page),
    Find(Page),
    Back,
    Leave,
}

#[derive(Clone, Copy)]
enum Way {
    Leave,
    Back,
    Search,
    Up,
    Menu,
    Next,
    Links,
    Popular,
}

fn step<S: Site>(site: &S, visitor: Visitor, page: Page, seen: &[Page], numbers: &mut Numbers) -> Step {
    let map = site.map();
    let Some(place) = map.places.get(page) else {
        return Step::Leave;
    };
    let habits = site.habits(visitor, place.role);
    let offered = |is_offered: bool, weight: f64| if is_offered { weight } else { 0.0 };
    let way = Table::new([
        (Way::Leave, habits.leave * place.character.leave),
        (Way::Back, habits.back),
        (Way::Search, offered(!map.searched.is_empty(), habits.search)),
        (Way::Up, offered(place.up.is_some(), habits.up)),
        (Way::Menu, offered(!map.menu.is_empty(), habits.menu)),
        (Way::Next, offered(place.next.is_some(), habits.next * place.character.next)),
        (Way::Links, offered(!place.links.is_empty(), habits.links)),
        (Way::Popular, offered(!map.popular.is_empty(), habits.popular)),
    ])
    .draw(numbers);
    let mut fresh = |table: &Table<Page>| {
        // Who has just seen a page rather takes another link; but not always, and some lists are short.
        let first = table.draw(numbers);
        first.filter(|page| !seen.contains(page)).or_else(|| table.draw(numbers))
    };
    let target = match way.unwrap_or(Way::Leave) {
        Way::Leave => return Step::Leave,
        Way::Back => return Step::Back,
        Way::Search => return map.searched.draw(numbers).map_or(Step::Leave, Step::Find),
        Way::Up => place.up,
        Way::Next => place.next,
        Way::Menu => map.menu.draw(numbers),
        Way::Links => fresh(&place.links),
        Way::Popular => fresh(&map.popular),
    };
    target.filter(|target| *target != page).map_or(Step::Leave, Step::Follow)
}

/// One visitor's sessions.
fn visit<S: Site>(site: &S, numbers: &mut Numbers) -> Vec<Vec<Page>> {
    let Some((visitor, landing)) = site.arrive(numbers) else {
        return Vec::new();
    };
    let mut sessions = Vec::new();
    let mut session = vec![landing];
    // Whether the first page of the session was asked for, and not gone back to.
    let mut is_asked = true;
    // What the browser's button leads back through, this page being the last.
    let mut trail = vec![landing];
    let mut seen = vec![landing];
    for _ in 0..MAX_VIEWS {
        let Some(&page) = trail.last() else { break };
        match step(site, visitor, page, &seen, numbers) {
            Step::Leave => break,
            Step::Follow(target) => {
                session.push(target);
                trail.push(target);
                seen.push(target);
            }
            Step::Back => {
                trail.pop();
                end(&mut sessions, &mut session, is_asked);
                is_asked = false;
                session.extend(trail.last());
            }
            Step::Find(target) => {
                end(&mut sessions, &mut session, is_asked);
                is_asked = true;
                session.push(target);
                trail.push(target);
                seen.push(target);
            }
        }
    }
    end(&mut sessions, &mut session, is_asked);
    sessions
}

/// Keeps what was asked for. A page that was gone back to, and nothing after it, was not.
fn end(sessions: &mut Vec<Vec<Page>>, session: &mut Vec<Page>, is_asked: bool) {
    let session = std::mem::take(session);
    if session.len() > usize::from(!is_asked) {
        sessions.push(session);
    }
}

/// The sessions of a site's visitors, as [`crate::sessions`] promises them.
pub fn sessions<S: Site>(
    mut site: S,
    navigations: usize,
    seed: u64,
    mut overnight: Option<usize>,
) -> Vec<Vec<String>> {
    let mut numbers = Numbers::new(seed, "visitors");
    let mut sessions = Vec::new();
    let mut done = 0;
    while done < navigations {
        if overnight.take_if(|at| done >= *at).is_some() {
            site.relaunch();
        }
        site.pass(done);
        for session in visit(&site, &mut numbers) {
            if done >= navigations {
                break;
            }
            done += session.len().saturating_sub(1);
            let places = session.into_iter().filter_map(|page| site.map().places.get(page));
            sessions.push(places.map(|place| place.path.clone()).collect());
        }
    }
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_library() {
        for (base, exponent) in [(9.0, 0.0), (9.0, 0.5), (9.0, 0.3), (4.0, 0.999), (4.0, 0.001), (1.0, 0.7)] {
            assert!((power(base, exponent) - base.powf(exponent)).abs() < 1e-6, "{base} {exponent}");
        }
    }

    #[test]
    fn characters_are_within_their_bounds() {
        let mut numbers = Numbers::new(1, "test");
        let characters: Vec<Character> = (0..1_000).map(|_| Character::draw(&mut numbers)).collect();
        let leaves: Vec<f64> = characters.iter().map(|character| character.leave).collect();
        assert!(leaves.iter().all(|leave| (1.0 / 3.0..=3.0).contains(leave)));
        assert!(characters.iter().all(|character| (0.5..=2.0).contains(&character.next)));
        let above = leaves.iter().filter(|leave| **leave > 1.0).count();
        assert!((450..550).contains(&above), "half are above what is usual: {above}");
    }
}
