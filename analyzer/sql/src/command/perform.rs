//! What commands do.
//!
//! In: a command. Out: listings where results go, settings for what follows, and a word on what was set.

use std::io::{self, Write as _};

use anyhow::anyhow;
use falco_format::text::plain;
use falco_sql::{Expanded, Format, ListedKind};

use super::{Command, listing, parse};
use crate::runner::{Failed, Next, Runner};

impl Runner {
    /// Runs a command.
    pub(crate) fn command(&mut self, line: &str) -> Result<Next, Failed> {
        let command = parse(line).map_err(|error| anyhow!(error))?;
        match command {
            Command::Describe {
                table: Some(table),
                is_all,
            } => self.describe(&table, is_all)?,
            Command::Describe { table: None, .. } => self.list(|_| true)?,
            Command::Tables => self.list(|kind| kind == ListedKind::Table)?,
            Command::Views => {
                let views = self.runtime.block_on(self.session.views());
                self.show(&listing::tables(&views, self.width()))?;
            }
            Command::Functions(part) => self.list_functions(part.as_deref())?,
            Command::Help => self.show(&listing::help())?,
            Command::Timing(word) => {
                let timing = word.unwrap_or(!self.settings.has_timing);
                self.settings.has_timing = timing;
                self.set(&format!("timing is {}", on_or_off(timing)))?;
            }
            Command::Pager(word) => {
                let pager = word.unwrap_or(!self.settings.has_pager);
                self.settings.has_pager = pager;
                self.set(&format!("the pager is {}", on_or_off(pager)))?;
            }
            Command::Expanded(word) => self.expand(word)?,
            Command::Format(Some(format)) => {
                self.form.format = format;
                self.set(&format!("results are written as {}", format.name()))?;
            }
            Command::Format(None) => self.set(&format!(
                "results are written as {}",
                self.form.format.name()
            ))?,
            Command::Output(path) => {
                self.redirect(path.as_deref())?;
                let to = path.map_or_else(
                    || "standard output".to_owned(),
                    |path| plain(&path).to_string(),
                );
                self.set(&format!("results go to {to}"))?;
            }
            Command::Input(path) => return Ok(self.script(&path)?.0),
            // Where nothing waits there is nothing to run or to forget.
            Command::Run | Command::Reset => {}
            Command::Quit => return Ok(Next::Leave),
        }
        Ok(Next::Go)
    }

    /// Says what was set to whoever sits at the terminal; scripts know what they have set.
    fn set(&self, what: &str) -> Result<(), Failed> {
        if self.settings.is_shell {
            writeln!(io::stdout().lock(), "{what}")?;
        }
        Ok(())
    }

    fn expand(&mut self, word: Option<Expanded>) -> Result<(), Failed> {
        let other = match self.form.expanded {
            Expanded::On => Expanded::Off,
            Expanded::Off | Expanded::Auto => Expanded::On,
        };
        self.form.expanded = word.unwrap_or(other);
        self.set(match self.form.expanded {
            Expanded::On => "each row has a line for each column",
            Expanded::Off => "rows are lines of tables",
            Expanded::Auto => "rows are lines of tables where those fit",
        })
    }

    fn list(&mut self, is_wanted: fn(ListedKind) -> bool) -> Result<(), Failed> {
        let mut listed = self.runtime.block_on(self.session.listed());
        listed.retain(|listed| is_wanted(listed.kind));
        self.show(&listing::tables(&listed, self.width()))
    }

    fn describe(&mut self, table: &str, is_all: bool) -> Result<(), Failed> {
        let Some(columns) = self.runtime.block_on(self.session.columns(table)) else {
            let known = self.runtime.block_on(self.session.listed());
            return Err(anyhow!(listing::no_table(table, &known)).into());
        };
        self.show(&listing::columns(&columns, is_all, self.width()))
    }

    fn list_functions(&mut self, part: Option<&str>) -> Result<(), Failed> {
        let part = part.unwrap_or_default().to_lowercase();
        let mut functions = self.session.functions();
        functions.retain(|function| function.name.contains(&part));
        self.show(&listing::functions(&functions, self.width()))
    }

    /// How wide a listing may be.
    fn width(&self) -> Option<usize> {
        let is_folded = self.out.is_shown() && self.form.format == Format::Table;
        is_folded.then(|| crate::out::window().0)
    }
}

fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}
