//! Tables in plain text.

/// Columns side by side: the first one and those without a title to the left, numbers to the right.
pub struct Table {
    titles: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(titles: &[&str]) -> Self {
        Self { titles: titles.iter().map(|title| (*title).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row with as many cells as there are titles.
    pub fn add(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Its lines.
    pub fn text(&self) -> String {
        let rows = || std::iter::once(&self.titles).chain(&self.rows);
        let width =
            |column: usize| rows().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.titles.len()).filter_map(width).collect();
        let line = |row: &Vec<String>| {
            let columns = row.iter().zip(&self.titles).zip(&widths).enumerate();
            let cells: Vec<String> = columns
                .map(|(column, ((cell, title), width))| {
                    if column == 0 || title.is_empty() {
                        format!("{cell:width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                })
                .collect();
            cells.join("  ").trim_end().to_owned() + "\n"
        };
        rows().map(line).collect()
    }
}
