//! A project's documentation: six books of parts and chapters, and an API reference.
//!
//! Those who learn read chapter after chapter, from "getting started" on; those who work land somewhere in the middle from a
//! search engine, and go between guides and the reference. Little changes from day to day; at a release, every
//! sixth day, the list of changes is read by many, some parts of the books are arranged anew, guides point to other
//! pages of the reference, and other pages of it are wanted.
//!
//! Overnight, the parts of the books and the chapters of the parts get another order, guides lead to other pages of
//! the reference, and the books change their places in the menu.

use crate::draw::{Numbers, Table, zipf};
use crate::walk::{Habits, Map, Page, Site, Visitor};

const BOOKS: [&str; 6] = ["guide", "tutorial", "cookbook", "operations", "internals", "migration"];

const PARTS: [&str; 16] = [
    "routing",
    "storage",
    "caching",
    "queues",
    "testing",
    "logging",
    "security",
    "templates",
    "forms",
    "sessions",
    "workers",
    "streams",
    "schemas",
    "plugins",
    "metrics",
    "deployment",
];

const CHAPTERS: [&str; 12] = [
    "overview",
    "concepts",
    "first-steps",
    "configuration",
    "patterns",
    "errors",
    "performance",
    "limits",
    "migration-notes",
    "examples",
    "internals",
    "faq",
];

const FUNNEL: [&str; 6] =
    ["install", "first-project", "hello-world", "project-layout", "deploy", "next-steps"];

const VERBS: [&str; 12] = [
    "open", "read", "write", "close", "find", "create", "remove", "list", "watch", "parse", "merge", "flush",
];

const NOUNS: [&str; 6] = ["entry", "handle", "buffer", "record", "stream", "index"];

/// How often there is a release.
const RELEASE: usize = 6 * crate::DAY;

/// The share of the documentation that is revised for a release.
const REVISED: f64 = 0.3;

/// How long a release is talked about.
const TALK: usize = crate::DAY;

/// The kinds of the documentation's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `/`.
    Home,
    /// A page of "getting started".
    Start,
    /// A book's or a module's table of contents.
    Contents,
    /// A chapter.
    Chapter,
    /// A page of the reference.
    Item,
    /// The list of changes, the community, the licence.
    Text,
}

/// The pages of a book's part, in their order.
type Part = Vec<Page>;

/// The documentation.
#[derive(Debug)]
pub struct Docs {
    map: Map<Role>,
    numbers: Numbers,
    home: Page,
    start: Vec<Page>,
    changes: Page,
    books: Vec<(Page, Vec<Part>)>,
    modules: Vec<(Page, Vec<Page>)>,
    /// Chapters and pages of the reference, the most wanted first.
    ranking: Vec<Page>,
    is_release: bool,
    landings: [Table<Page>; 3],
}

impl Docs {
    /// The documentation as it is written.
    pub fn new(seed: u64) -> Self {
        let mut numbers = Numbers::new(seed, "docs");
        let mut map = Map::new(seed);
        let home = map.add("/", Role::Home, None);
        let first = map.add("/getting-started", Role::Start, Some(home));
        let mut start = vec![first];
        start
            .extend(FUNNEL.map(|name| map.add(format!("/getting-started/{name}"), Role::Start, Some(first))));
        let changes = map.add("/changelog", Role::Text, Some(home));
        for name in ["community", "license", "security", "roadmap", "download"] {
            map.add(format!("/{name}"), Role::Text, Some(home));
        }
        let books: Vec<_> = BOOKS.iter().map(|name| book(&mut map, &mut numbers, home, name)).collect();
        let reference = map.add("/api", Role::Contents, Some(home));
        let modules: Vec<_> =
            PARTS.iter().map(|name| module(&mut map, &mut numbers, reference, name)).collect();
        map.link(
            reference,
            Table::new(modules.iter().enumerate().map(|(rank, (page, _))| (*page, zipf(rank, 4.0)))),
        );
        let mut ranking: Vec<Page> =
            books.iter().flat_map(|(_, parts)| parts.iter().flatten()).copied().collect();
        ranking.extend(modules.iter().flat_map(|(_, items)| items));
        numbers.shuffle(&mut ranking);
        let mut docs = Self {
            map,
            numbers,
            home,
            start,
            changes,
            books,
            modules,
            ranking,
            is_release: false,
            landings: Default::default(),
        };
        docs.bind();
        docs.refer(1.0);
        docs.draw_menu();
        docs.draw_landings();
        docs
    }

    /// The order of the books: tables of contents, and from each page to the next.
    fn bind(&mut self) {
        chain(&mut self.map, &self.start);
        if let (Some(first), Some((_, rest))) = (self.start.first(), self.start.split_first()) {
            self.map.link(*first, Table::shown(rest.iter().map(|page| (*page, 1.0))));
        }
        // What was begun goes on in the first book.
        let opening = self.books.first().map(|(contents, _)| *contents);
        if let Some(last) = self.start.last() {
            self.map.lead(*last, opening);
        }
        for (contents, parts) in &self.books {
            let pages: Vec<Page> = parts.iter().flatten().copied().collect();
            chain(&mut self.map, &pages);
            self.map.lead(*contents, pages.first().copied());
            self.map
                .link(*contents, Table::shown(pages.iter().map(|page| (*page, 0.5 + self.numbers.chance()))));
        }
    }

    /// From guides to the reference and back, and what a page has beside it, for this share of the pages.
    fn refer(&mut self, share: f64) {
        let wanted = Table::new(self.ranking.iter().enumerate().map(|(rank, page)| (*page, zipf(rank, 8.0))));
        for (contents, parts) in &self.books {
            for part in parts {
                // A part is about a module or two.
                let about: Vec<Page> = (0..2)
                    .filter_map(|_| self.modules.get(self.numbers.below(self.modules.len())))
                    .flat_map(|(module, items)| items.iter().chain([module]))
                    .copied()
                    .collect();
                for (place, page) in part.iter().enumerate() {
                    if !self.numbers.happens(share) {
                        continue;
                    }
                    let before =
                        place.checked_sub(1).and_then(|before| part.get(before)).map(|page| (*page, 0.8));
                    let beside = part.iter().filter(|other| *other != page).map(|other| (*other, 0.15));
                    let mut links: Vec<(Page, f64)> =
                        beside.chain(before).chain([(*contents, 0.3)]).collect();
                    for weight in [1.2, 0.6, 0.4] {
                        links.extend(self.numbers.pick(&about).map(|item| (item, weight)));
                    }
                    self.map.link(*page, Table::new(links));
                }
            }
        }
        let chapters = self.map.of_role(Role::Chapter);
        for (_, items) in &self.modules {
            for item in items {
                if !self.numbers.happens(share) {
                    continue;
                }
                let beside = (0..3).filter_map(|_| self.numbers.pick(items)).map(|page| (page, 1.0));
                let mut links: Vec<(Page, f64)> = beside.filter(|(page, _)| page != item).collect();
                links.extend(
                    wanted.draw(&mut self.numbers).filter(|page| page != item).map(|page| (page, 0.5)),
                );
                links.extend(self.numbers.pick(&chapters).map(|page| (page, 0.7)));
                self.map.link(*item, Table::new(links));
            }
        }
    }

    /// A new version: some parts of the books are arranged anew, and some pages have another rank.
    fn release(&mut self) {
        for (_, parts) in &mut self.books {
            for part in parts {
                if self.numbers.happens(REVISED) {
                    self.numbers.shuffle(part);
                }
            }
        }
        for place in 0..self.ranking.len() {
            if self.numbers.happens(REVISED) {
                let other = self.numbers.below(self.ranking.len());
                self.ranking.swap(place, other);
            }
        }
        for (list, items) in &self.modules {
            if self.numbers.happens(REVISED) {
                self.map.link(*list, Table::new(items.iter().map(|page| (*page, self.numbers.worth()))));
            }
        }
        self.bind();
        self.refer(REVISED);
    }

    fn draw_menu(&mut self) {
        let mut books: Vec<Page> = self.books.iter().map(|(contents, _)| *contents).collect();
        self.numbers.shuffle(&mut books);
        let books: Vec<(Page, f64)> =
            books.into_iter().enumerate().map(|(place, page)| (page, zipf(place, 2.0))).collect();
        let reference = self.map.of_role(Role::Contents).into_iter().filter(|page| {
            !books.iter().any(|(book, _)| book == page)
                && !self.modules.iter().any(|(module, _)| module == page)
        });
        let reference: Vec<(Page, f64)> = reference.map(|page| (page, 0.5)).collect();
        let texts = self.map.of_role(Role::Text).into_iter().map(|page| (page, 0.06));
        let first = self.start.first().map(|page| (*page, 0.4));
        let menu =
            books.iter().chain(&reference).copied().chain(texts).chain(first).chain([(self.home, 0.4)]);
        self.map.menu = Table::new(menu);
        self.map.link(self.home, Table::shown(books.into_iter().chain(reference)));
        self.map.lead(self.home, self.start.first().copied());
        self.map.searched =
            Table::new(self.ranking.iter().enumerate().map(|(rank, page)| (*page, zipf(rank, 6.0))));
    }

    fn draw_landings(&mut self) {
        let ranked: Vec<(Page, f64)> =
            self.ranking.iter().enumerate().map(|(rank, page)| (*page, zipf(rank, 5.0))).collect();
        let sum: f64 = ranked.iter().map(|(_, weight)| weight).sum();
        let deep = |share: f64| ranked.iter().map(move |(page, weight)| (*page, share * weight / sum));
        let begin = |share: f64| {
            self.start.iter().enumerate().map(move |(place, page)| (*page, share * zipf(place, 1.0)))
        };
        let contents = |share: f64| self.books.iter().map(move |(page, _)| (*page, share));
        let talk = if self.is_release { 0.12 } else { 0.01 };
        let talk = (self.changes, talk);
        self.landings = [
            Table::new(deep(0.92).chain(begin(0.01)).chain([talk, (self.home, 0.03)])),
            Table::new(deep(0.34).chain(begin(0.02)).chain(contents(0.03)).chain([talk, (self.home, 0.38)])),
            Table::new(deep(0.20).chain(begin(0.06)).chain(contents(0.06)).chain([(self.home, 0.28)])),
        ];
    }
}

/// Writes a book: its table of contents, and three to ten chapters in each of five to nine parts.
fn book(map: &mut Map<Role>, numbers: &mut Numbers, home: Page, name: &str) -> (Page, Vec<Part>) {
    let contents = map.add(format!("/{name}"), Role::Contents, Some(home));
    let mut parts = PARTS;
    numbers.shuffle(&mut parts);
    let count = 5 + numbers.below(5);
    let parts = parts.iter().take(count).map(|part| {
        let count = 3 + numbers.below(8);
        let chapters = CHAPTERS.iter().take(count);
        chapters
            .map(|chapter| map.add(format!("/{name}/{part}/{chapter}"), Role::Chapter, Some(contents)))
            .collect()
    });
    (contents, parts.collect())
}

/// Writes a module of the reference: its list, and forty to seventy-two pages.
fn module(map: &mut Map<Role>, numbers: &mut Numbers, reference: Page, name: &str) -> (Page, Vec<Page>) {
    let list = map.add(format!("/api/{name}"), Role::Contents, Some(reference));
    let mut names: Vec<String> =
        VERBS.iter().flat_map(|verb| NOUNS.map(|noun| format!("/api/{name}/{verb}_{noun}"))).collect();
    numbers.shuffle(&mut names);
    names.truncate(40 + numbers.below(33));
    names.sort();
    let items: Vec<Page> = names.into_iter().map(|path| map.add(path, Role::Item, Some(list))).collect();
    map.link(list, Table::new(items.iter().map(|page| (*page, numbers.worth()))));
    (list, items)
}

/// Lets each page lead to the one behind it, and the last to none.
fn chain(map: &mut Map<Role>, pages: &[Page]) {
    for (page, next) in pages.iter().zip(pages.iter().skip(1).map(Some).chain([None])) {
        map.lead(*page, next.copied());
    }
}

impl Site for Docs {
    type Role = Role;

    fn map(&self) -> &Map<Role> {
        &self.map
    }

    fn arrive(&self, numbers: &mut Numbers) -> Option<(Visitor, Page)> {
        let [searchers, wanderers, learners] = &self.landings;
        let kinds = [
            ((Visitor::Searcher, searchers), 0.56),
            ((Visitor::Wanderer, wanderers), 0.29),
            ((Visitor::Determined, learners), 0.15),
        ];
        let (visitor, landings) = Table::new(kinds).draw(numbers)?;
        Some((visitor, landings.draw(numbers)?))
    }

    #[rustfmt::skip]
    fn habits(&self, visitor: Visitor, role: Role) -> Habits {
        let none = Habits::default();
        let habits = match role {
            Role::Home => Habits { leave: 0.20, search: 0.10, menu: 0.20, next: 0.22, links: 0.28, ..none },
            Role::Start => Habits { leave: 0.24, back: 0.08, search: 0.03, up: 0.03, menu: 0.06, next: 0.50, links: 0.06, ..none },
            Role::Contents => Habits { leave: 0.16, back: 0.08, search: 0.06, up: 0.03, menu: 0.08, next: 0.12, links: 0.47, ..none },
            Role::Chapter => Habits { leave: 0.34, back: 0.13, search: 0.06, up: 0.04, menu: 0.05, next: 0.20, links: 0.18, ..none },
            Role::Item => Habits { leave: 0.46, back: 0.16, search: 0.09, up: 0.09, menu: 0.04, links: 0.16, ..none },
            Role::Text => Habits { leave: 0.55, back: 0.15, search: 0.03, up: 0.07, menu: 0.20, ..none },
        };
        match visitor {
            Visitor::Searcher => Habits { leave: habits.leave * 2.0, ..habits },
            Visitor::Wanderer => habits,
            Visitor::Determined => Habits { leave: habits.leave * 0.4, next: habits.next * 2.5, ..habits },
        }
    }

    fn pass(&mut self, navigations: usize) {
        let is_release = navigations >= RELEASE && navigations % RELEASE < TALK;
        if is_release != self.is_release {
            self.is_release = is_release;
            if is_release {
                self.release();
            }
            self.draw_landings();
        }
    }

    fn relaunch(&mut self) {
        for (_, parts) in &mut self.books {
            self.numbers.shuffle(parts);
            for part in parts {
                self.numbers.shuffle(part);
            }
        }
        self.bind();
        self.refer(1.0);
        self.draw_menu();
        self.draw_landings();
    }
}
