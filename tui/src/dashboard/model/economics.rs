//! The economics of all stacks: the report, and the selected figure of its screen.

pub(crate) mod explanation;

use serde::{Deserialize, Serialize};
use stack::economics::Verdict;
use stack::report::{Report, VersionStarts};
use stack::{AppName, HourlyRate, Span, StackName, Usd};

use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::store::StackStore;
use crate::dashboard::problem::Problem;

/// The period of the report, unless the user asks for another.
const PERIOD: Span = Span::minutes(30 * 24 * 60);

/// How many stacks are listed as wasters.
const MAX_WASTERS: usize = 20;

/// What was read from the ledger for the screen, in the background.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReportData {
    /// The report by app.
    pub(crate) by_app: Report,
    /// The report by owner.
    pub(crate) by_owner: Report,
}

/// The report, as far as it was read.
#[derive(Debug)]
pub(crate) enum ReportState {
    /// It was never asked for.
    Absent,
    /// It is being read for the first time.
    Loading,
    /// It was read.
    Loaded(Box<EconomicsData>),
    /// It could not be read.
    Failed(Problem),
}

/// The figures of the screen, ready to draw.
#[derive(Debug)]
pub(crate) struct EconomicsData {
    pub(crate) report: ReportData,
    /// The idle stacks that have wasted the most.
    pub(crate) wasters: Vec<Waster>,
    /// The versions with the most failures first.
    pub(crate) versions: Vec<VersionStarts>,
}

/// An idle stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waster {
    pub(crate) stack: StackName,
    pub(crate) wasted: Usd,
    pub(crate) is_minimum: bool,
    pub(crate) rate: Option<HourlyRate>,
}

/// The economics of all stacks.
#[derive(Debug)]
pub(crate) struct Economics {
    /// The time that the report covers.
    pub(crate) period: Span,
    pub(crate) state: ReportState,
    /// A report is being read.
    pub(crate) is_loading: bool,
}

impl Default for Economics {
    fn default() -> Self {
        Self {
            period: PERIOD,
            state: ReportState::Absent,
            is_loading: false,
        }
    }
}

impl Economics {
    /// The figures, if they were read.
    pub(crate) fn data(&self) -> Option<&EconomicsData> {
        match &self.state {
            ReportState::Loaded(data) => Some(data),
            ReportState::Absent | ReportState::Loading | ReportState::Failed(_) => None,
        }
    }

    /// The verdict for an app, if the report has one.
    pub(crate) fn verdict(&self, app: &str) -> Option<&Verdict> {
        let mut verdicts = self.data()?.report.by_app.verdicts.iter();
        verdicts.find(|verdict| verdict.app.as_str() == app)
    }
}

impl EconomicsData {
    /// Prepares what the screen draws.
    pub(crate) fn new(report: ReportData, store: &StackStore) -> Self {
        let mut versions = report.by_app.starts_by_version.clone();
        versions.sort_by(|one, two| {
            let failures =
                |version: &VersionStarts| version.starts.timed_out + version.starts.failed;
            let more = failures(two).cmp(&failures(one));
            let more = more.then_with(|| two.starts.started.cmp(&one.starts.started));
            more.then_with(|| name_of(one).cmp(&name_of(two)))
        });
        Self {
            wasters: wasters(store),
            versions,
            report,
        }
    }

    /// How many figures a list has.
    fn count(&self, list: FigureList) -> usize {
        match list {
            FigureList::Tiles => Tile::ALL.len(),
            FigureList::Days => self.report.by_app.days.len(),
            FigureList::Apps => self.report.by_app.groups.len(),
            FigureList::Owners => self.report.by_owner.groups.len(),
            FigureList::Wasters => self.wasters.len(),
            FigureList::Versions => self.versions.len(),
        }
    }
}

fn name_of(version: &VersionStarts) -> (&AppName, &str) {
    (&version.app, version.version.as_str())
}

/// The idle stacks that have wasted the most, as of the last query of the cloud.
fn wasters(store: &StackStore) -> Vec<Waster> {
    let idle = store.stacks().iter().filter(|row| row.idle_rate.is_some());
    let mut wasters: Vec<Waster> = idle.filter_map(|row| waster(row, store)).collect();
    wasters.sort_by(|one, two| {
        let more = two.wasted.cmp(&one.wasted);
        more.then_with(|| one.stack.cmp(&two.stack))
    });
    wasters.truncate(MAX_WASTERS);
    wasters
}

fn waster(row: &StackRow, store: &StackStore) -> Option<Waster> {
    let listing = row.listing(store.view());
    Some(Waster {
        wasted: listing.idle.wasted_usd?,
        is_minimum: listing.cost.hourly_is_minimum,
        rate: listing.idle.hourly_usd,
        stack: listing.name.clone(),
    })
}

/// A figure of the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tile {
    Estimate,
    Billed,
    Idle,
    Init,
    Success,
    Saved,
}

impl Tile {
    /// All tiles, from left to right.
    pub(crate) const ALL: [Self; 6] = [
        Self::Estimate,
        Self::Billed,
        Self::Idle,
        Self::Init,
        Self::Success,
        Self::Saved,
    ];
}

/// A list of figures on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FigureList {
    Tiles,
    Days,
    Apps,
    Owners,
    Wasters,
    Versions,
}

/// A figure: its list, and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FigureId {
    pub(crate) list: FigureList,
    pub(crate) index: usize,
}

/// A step of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
    Left,
    Right,
}

/// The screen over all stacks.
#[derive(Debug)]
pub(crate) struct EconomicsScreen {
    /// The selected figure.
    pub(crate) selected: FigureId,
    /// The last selected tile and day, to which the selection returns.
    tile: usize,
    day: Option<usize>,
}

impl EconomicsScreen {
    pub(crate) fn new() -> Self {
        Self {
            selected: FigureId {
                list: FigureList::Tiles,
                index: 0,
            },
            tile: 0,
            day: None,
        }
    }

    /// Moves the selection to a neighbour. Without one in that direction it stays.
    ///
    /// ```text
    /// tiles          a row
    /// days           a row
    /// apps    owners     two columns
    /// wasters versions   two columns
    /// ```
    pub(crate) fn step(&mut self, step: Step, data: &EconomicsData) {
        let FigureId { list, index } = self.selected;
        let next = match (list, step) {
            (FigureList::Tiles | FigureList::Days, Step::Left) => {
                index.checked_sub(1).map(|index| FigureId { list, index })
            }
            (FigureList::Tiles | FigureList::Days, Step::Right) => (index + 1 < data.count(list))
                .then_some(FigureId {
                    list,
                    index: index + 1,
                }),
            (FigureList::Tiles, Step::Up) => None,
            (FigureList::Tiles, Step::Down) => self.day_or_below(data),
            (FigureList::Days, Step::Up) => Some(self.tile()),
            (FigureList::Days, Step::Down) => {
                first_of(&[FigureList::Apps, FigureList::Owners], data)
                    .or_else(|| first_of(&[FigureList::Wasters, FigureList::Versions], data))
            }
            (_, Step::Left) => beside(
                list,
                index,
                data,
                [FigureList::Owners, FigureList::Versions],
            ),
            (_, Step::Right) => beside(list, index, data, [FigureList::Apps, FigureList::Wasters]),
            (_, Step::Up) => match index.checked_sub(1) {
                Some(index) => Some(FigureId { list, index }),
                None => self.above(list, data),
            },
            (_, Step::Down) if index + 1 < data.count(list) => Some(FigureId {
                list,
                index: index + 1,
            }),
            (FigureList::Apps, Step::Down) => first_of(&[FigureList::Wasters], data),
            (FigureList::Owners, Step::Down) => first_of(&[FigureList::Versions], data),
            (_, Step::Down) => None,
        };
        if let Some(next) = next {
            self.select(next);
        }
    }

    /// Selects the first figure.
    pub(crate) fn first(&mut self) {
        self.select(FigureId {
            list: FigureList::Tiles,
            index: 0,
        });
    }

    /// Selects the last figure of the column.
    pub(crate) fn last(&mut self, data: &EconomicsData) {
        let lists = match self.selected.list {
            FigureList::Owners | FigureList::Versions => [FigureList::Versions, FigureList::Owners],
            _ => [FigureList::Wasters, FigureList::Apps],
        };
        let list = lists.into_iter().find(|list| data.count(*list) > 0);
        if let Some(list) = list {
            let index = data.count(list) - 1;
            self.select(FigureId { list, index });
        }
    }

    /// Keeps the selection on a figure that exists.
    pub(crate) fn follow(&mut self, data: &EconomicsData) {
        let FigureId { list, index } = self.selected;
        self.day = self.day.filter(|day| *day < data.count(FigureList::Days));
        match data.count(list) {
            0 => self.first(),
            count => self.selected.index = index.min(count - 1),
        }
    }

    fn select(&mut self, figure: FigureId) {
        self.selected = figure;
        match figure.list {
            FigureList::Tiles => self.tile = figure.index,
            FigureList::Days => self.day = Some(figure.index),
            FigureList::Apps | FigureList::Owners | FigureList::Wasters | FigureList::Versions => {}
        }
    }

    const fn tile(&self) -> FigureId {
        FigureId {
            list: FigureList::Tiles,
            index: self.tile,
        }
    }

    /// The day that was selected last, at first the latest; the lists below if there are no days.
    fn day_or_below(&self, data: &EconomicsData) -> Option<FigureId> {
        match data.count(FigureList::Days).checked_sub(1) {
            Some(last) => Some(FigureId {
                list: FigureList::Days,
                index: self.day.unwrap_or(last).min(last),
            }),
            None => first_of(&[FigureList::Apps, FigureList::Wasters], data),
        }
    }

    /// What is above the first figure of a list.
    fn above(&self, list: FigureList, data: &EconomicsData) -> Option<FigureId> {
        let upper = match list {
            FigureList::Wasters => Some(FigureList::Apps),
            FigureList::Versions => Some(FigureList::Owners),
            FigureList::Tiles | FigureList::Days | FigureList::Apps | FigureList::Owners => None,
        };
        let upper = upper.filter(|upper| data.count(*upper) > 0);
        match upper {
            Some(list) => Some(FigureId {
                list,
                index: data.count(list) - 1,
            }),
            None if data.count(FigureList::Days) > 0 => self.day_or_below(data),
            None => Some(self.tile()),
        }
    }
}

/// The first figure of the first list that has one.
fn first_of(lists: &[FigureList], data: &EconomicsData) -> Option<FigureId> {
    let list = lists.iter().copied().find(|list| data.count(*list) > 0)?;
    Some(FigureId { list, index: 0 })
}

/// The figure beside one of `from`, in the other column.
fn beside(
    list: FigureList,
    index: usize,
    data: &EconomicsData,
    from: [FigureList; 2],
) -> Option<FigureId> {
    if !from.contains(&list) {
        return None;
    }
    let list = match list {
        FigureList::Apps => FigureList::Owners,
        FigureList::Owners => FigureList::Apps,
        FigureList::Wasters => FigureList::Versions,
        FigureList::Versions => FigureList::Wasters,
        FigureList::Tiles | FigureList::Days => return None,
    };
    let last = data.count(list).checked_sub(1)?;
    Some(FigureId {
        list,
        index: index.min(last),
    })
}
