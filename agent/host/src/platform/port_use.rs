//! The use of the dynamic ports, counted from one look at the sockets after another: the same on
//! every platform. Nothing here reads a clock.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use epmesh_facts::{AddressFamily, PortRange, ProcessUse, RangeUse, Reading, Transport, Trend};

/// How far back a peak and a trend reach.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// How long a use must have been watched before its trend is told.
const ENOUGH: Duration = Duration::from_secs(5 * 60);
/// Looks closer to each other than this are kept as one, with the larger numbers: it bounds the
/// memory, whatever the interval.
const APART: Duration = Duration::from_secs(10);
/// A use that would change by more than this over the time it was watched, in points of percent,
/// has a direction.
const BEGINS: f64 = 5.0;
/// A trend keeps its direction until the change is less than this, so that it does not flap.
const ENDS: f64 = 2.0;
/// The step to which percentages are rounded up.
const STEP: u32 = 5;
/// The most processes that are named.
const MAX_PROCESSES: usize = 10;

/// A socket that has a local port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// The IP version whose ports it uses.
    pub family: AddressFamily,
    /// TCP or UDP.
    pub transport: Transport,
    /// The local port.
    pub port: u16,
    /// Whether it only waits for late segments (`TIME_WAIT`).
    pub time_wait: bool,
    /// Whose it is, where that is known.
    pub pid: Option<u32>,
}

/// The count of one range from one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The range.
    pub range: PortRange,
    /// Ports of it that any socket uses. Ports, and not sockets: the connections that an RPC server
    /// has taken all share its one port.
    pub used: u32,
    /// Ports of it that a socket in `TIME_WAIT` uses.
    pub time_wait: u32,
}

/// Counts the ports of each range that `sockets` use.
#[must_use]
pub fn count(ranges: &[PortRange], sockets: &[Socket]) -> Vec<Count> {
    let count = |&range: &PortRange| {
        let inside = || sockets.iter().filter(move |socket| is_inside(socket, range));
        let waiting = inside().filter(|socket| socket.time_wait);
        Count { range, used: distinct(inside()), time_wait: distinct(waiting) }
    };
    ranges.iter().map(count).collect()
}

/// Whether any range is used so much that a process may be worth naming. Where none is,
/// [`top`] is empty, and the owners of the sockets need not be looked up.
#[must_use]
pub fn has_top(counts: &[Count]) -> bool {
    counts.iter().any(|count| is_much(count.used, count.range))
}

/// The processes that use five percent or more of a range, largest first. `name` gives the name of
/// a process's program.
pub fn top(
    ranges: &[PortRange],
    sockets: &[Socket],
    name: impl Fn(u32) -> Option<String>,
) -> Vec<ProcessUse> {
    let mut owned: BTreeMap<u32, Vec<&Socket>> = BTreeMap::new();
    for socket in sockets {
        if let Some(pid) = socket.pid {
            owned.entry(pid).or_default().push(socket);
        }
    }
    let used = |sockets: &[&Socket], range: PortRange| {
        let inside = sockets.iter().copied().filter(|socket| is_inside(socket, range));
        let used = distinct(inside);
        is_much(used, range).then(|| rounded(used, range))
    };
    let mut all: Vec<(u8, u32)> = owned
        .iter()
        .filter_map(|(&pid, sockets)| {
            let most = ranges.iter().filter_map(|&range| used(sockets, range)).max()?;
            Some((most, pid))
        })
        .collect();
    all.sort_by_key(|&(used, pid)| (std::cmp::Reverse(used), pid));
    all.truncate(MAX_PROCESSES);
    all.into_iter()
        .map(|(used_percent, pid)| ProcessUse {
            pid,
            name: name(pid).unwrap_or_else(|| "unknown".to_owned()),
            used_percent,
        })
        .collect()
}

/// The counts of the ranges over the last quarter of an hour.
#[derive(Debug, Default)]
pub struct History {
    tracks: Vec<Track>,
}

impl History {
    /// Adds a look taken at `now` and tells the use of each range. A range that is not in `counts`
    /// any more is forgotten, so that one that was changed starts anew.
    pub fn add(&mut self, now: Instant, counts: &[Count]) -> Vec<RangeUse> {
        self.tracks.retain(|track| counts.iter().any(|count| count.range == track.range));
        let add = |count: &Count| {
            if !self.tracks.iter().any(|track| track.range == count.range) {
                self.tracks.push(Track::new(count.range));
            }
            let track = self.tracks.iter_mut().find(|track| track.range == count.range)?;
            Some(track.add(now, count))
        };
        counts.iter().filter_map(add).collect()
    }

    /// Adds one look at the dynamic ranges and at those of RPC servers, where these could be read, and
    /// tells the use of each.
    pub fn both(
        &mut self,
        now: Instant,
        dynamic: &[Count],
        rpc: Reading<Vec<Count>>,
    ) -> (Vec<RangeUse>, Reading<Vec<RangeUse>>) {
        let all: Vec<Count> =
            dynamic.iter().chain(rpc.value().into_iter().flatten()).copied().collect();
        let told = self.add(now, &all);
        let (dynamic, of_rpc) = told.split_at(dynamic.len().min(told.len()));
        (dynamic.to_vec(), rpc.map(|_| of_rpc.to_vec()))
    }
}

/// One range over time.
#[derive(Debug)]
struct Track {
    range: PortRange,
    samples: VecDeque<Sample>,
    trend: Trend,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    used: u32,
    time_wait: u32,
}

impl Track {
    const fn new(range: PortRange) -> Self {
        Self { range, samples: VecDeque::new(), trend: Trend::Unknown }
    }

    fn add(&mut self, now: Instant, count: &Count) -> RangeUse {
        while self.samples.front().is_some_and(|old| now.duration_since(old.at) > WINDOW) {
            self.samples.pop_front();
        }
        match self.samples.back_mut() {
            Some(last) if now.duration_since(last.at) < APART => {
                last.used = last.used.max(count.used);
                last.time_wait = last.time_wait.max(count.time_wait);
            }
            _ => self.samples.push_back(Sample {
                at: now,
                used: count.used,
                time_wait: count.time_wait,
            }),
        }
        let most = |of: fn(&Sample) -> u32| {
            rounded(self.samples.iter().map(of).max().unwrap_or_default(), self.range)
        };
        let (used_percent, time_wait_percent) = (most(|s| s.used), most(|s| s.time_wait));
        self.trend = self.turned();
        RangeUse { range: self.range, used_percent, time_wait_percent, trend: self.trend }
    }

    fn turned(&self) -> Trend {
        let Some(change) = self.change() else { return Trend::Unknown };
        match self.trend {
            Trend::Rising if change > ENDS => Trend::Rising,
            Trend::Falling if change < -ENDS => Trend::Falling,
            _ if change > BEGINS => Trend::Rising,
            _ if change < -BEGINS => Trend::Falling,
            _ => Trend::Steady,
        }
    }

    /// By how many points of percent the use changes over the time it was watched, by the straight
    /// line that lies nearest to all samples: one outlier is no trend.
    fn change(&self) -> Option<f64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let watched = last.at.duration_since(first.at);
        if watched < ENOUGH {
            return None;
        }
        let size = f64::from(size(self.range));
        let points: Vec<(f64, f64)> = self
            .samples
            .iter()
            .map(|sample| {
                let at = sample.at.duration_since(first.at).as_secs_f64();
                (at, f64::from(sample.used) * 100.0 / size)
            })
            .collect();
        let count = points.iter().map(|_| 1.0).sum::<f64>();
        let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
        let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
        let across = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>();
        let along = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
        // Two samples that far apart are at two moments: `along` is not zero.
        Some(across / along * watched.as_secs_f64())
    }
}

fn is_inside(socket: &Socket, range: PortRange) -> bool {
    socket.family == range.family
        && socket.transport == range.transport
        && (range.first..=range.last).contains(&socket.port)
}

fn distinct<'a>(sockets: impl Iterator<Item = &'a Socket>) -> u32 {
    let ports: BTreeSet<u16> = sockets.map(|socket| socket.port).collect();
    u32::try_from(ports.len()).unwrap_or(u32::MAX)
}

/// The ports in the range, at least one.
fn size(range: PortRange) -> u32 {
    u32::from(range.last.saturating_sub(range.first)) + 1
}

fn is_much(used: u32, range: PortRange) -> bool {
    u64::from(used) * 100 >= u64::from(STEP) * u64::from(size(range))
}

/// In percent of the range, rounded up to the step, at most 100.
fn rounded(used: u32, range: PortRange) -> u8 {
    let percent = used.saturating_mul(100).div_ceil(size(range));
    u8::try_from(percent.div_ceil(STEP).saturating_mul(STEP).min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A thousand ports.
    const RANGE: PortRange = PortRange {
        family: AddressFamily::V4,
        transport: Transport::Tcp,
        first: 50_000,
        last: 50_999,
    };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn socket(port: u16, pid: u32) -> Socket {
        Socket {
            family: AddressFamily::V4,
            transport: Transport::Tcp,
            port,
            time_wait: false,
            pid: Some(pid),
        }
    }

    fn used(used: u32) -> [Count; 1] {
        [Count { range: RANGE, used, time_wait: 0 }]
    }

    /// The trend after each of `uses`, a minute apart.
    fn trends(uses: impl IntoIterator<Item = u32>) -> Vec<Trend> {
        let (mut history, start) = (History::default(), Instant::now());
        let minutes = (0..).map(|minute| start + seconds(minute * 60));
        minutes.zip(uses).map(|(at, use_)| history.add(at, &used(use_))[0].trend).collect()
    }

    #[test]
    fn ports_are_counted_once_and_only_inside_the_range() {
        let waiting = Socket { time_wait: true, pid: None, ..socket(50_002, 0) };
        let udp = Socket { transport: Transport::Udp, ..socket(50_003, 1) };
        let six = Socket { family: AddressFamily::V6, ..socket(50_004, 1) };
        let sockets =
            [socket(50_000, 1), socket(50_000, 2), socket(50_999, 1), socket(51_000, 1), waiting]
                .into_iter()
                .chain([udp, six])
                .collect::<Vec<_>>();
        assert_eq!(count(&[RANGE], &sockets), [Count { range: RANGE, used: 3, time_wait: 1 }]);
    }

    #[test]
    fn percentages_are_rounded_up_to_five() {
        let percent = [0, 1, 50, 51, 999, 1000, 5000].map(|used| rounded(used, RANGE));
        assert_eq!(percent, [0, 5, 5, 10, 100, 100, 100]);
    }

    #[test]
    fn the_largest_users_come_first_and_small_ones_not_at_all() {
        let of = |pid, first: u16, ports: u16| (first..first + ports).map(move |p| socket(p, pid));
        let sockets: Vec<Socket> =
            of(7, 50_000, 50).chain(of(8, 50_100, 300)).chain(of(9, 50_500, 49)).collect();
        assert!(has_top(&count(&[RANGE], &sockets)));
        let name = |pid| (pid == 8).then(|| "leaky".to_owned());
        let found: Vec<(u32, String, u8)> = top(&[RANGE], &sockets, name)
            .into_iter()
            .map(|one| (one.pid, one.name, one.used_percent))
            .collect();
        assert_eq!(found, [(8, "leaky".to_owned(), 30), (7, "unknown".to_owned(), 5)]);
        assert!(!has_top(&count(&[RANGE], &sockets[..40])));
    }

    #[test]
    fn the_peak_is_kept_for_a_quarter_of_an_hour() {
        let (mut history, start) = (History::default(), Instant::now());
        let mut at = |minute: u64, use_| history.add(start + seconds(minute * 60), &used(use_))[0];
        assert_eq!(at(0, 400).used_percent, 40);
        assert_eq!(at(15, 10).used_percent, 40);
        assert_eq!(at(16, 10).used_percent, 5);
    }

    #[test]
    fn a_trend_needs_five_minutes() {
        let found = trends([100, 200, 300, 400, 500, 600]);
        assert_eq!(found[..5], [Trend::Unknown; 5]);
        assert_eq!(found[5], Trend::Rising);
    }

    #[test]
    fn what_stays_is_steady_and_one_outlier_is_no_trend() {
        assert_eq!(trends([100; 20]).last(), Some(&Trend::Steady));
        let outlier = (0..16).map(|minute| if minute == 8 { 500 } else { 100 });
        assert_eq!(trends(outlier).last(), Some(&Trend::Steady));
    }

    #[test]
    fn what_shrinks_falls() {
        assert_eq!(trends((0..10).map(|m| 900 - m * 50)).last(), Some(&Trend::Falling));
    }

    #[test]
    fn a_direction_does_not_flap() {
        // It grows by 1 point a minute, then wavers around a change of 5 points over the window.
        let grows = (0..16).map(|minute| 100 + minute * 10);
        let slower = (0..16).map(|minute| 250 + minute * 3 + (minute % 2) * 4);
        let found = trends(grows.chain(slower));
        assert!(found[6..].iter().all(|trend| *trend == Trend::Rising), "{found:?}");
        let stops = trends((0..10).map(|m| 100 + m * 10).chain([190; 30]));
        assert_eq!(stops.last(), Some(&Trend::Steady));
    }

    #[test]
    fn after_a_gap_it_starts_anew() {
        let (mut history, start) = (History::default(), Instant::now());
        for minute in 0..10 {
            history.add(start + seconds(minute * 60), &used(100));
        }
        let later = history.add(start + seconds(3600), &used(900));
        assert_eq!((later[0].trend, later[0].used_percent), (Trend::Unknown, 90));
    }

    #[test]
    fn the_ranges_of_rpc_servers_are_counted_by_themselves() {
        let (mut history, now) = (History::default(), Instant::now());
        let small = PortRange { first: 5000, last: 5009, ..RANGE };
        let sockets: Vec<Socket> = (5000..5008).map(|port| socket(port, 7)).collect();
        let rpc = Reading::Value(count(&[small, RANGE], &sockets));
        let (dynamic, rpc) = history.both(now, &count(&[RANGE], &sockets), rpc);
        assert_eq!(dynamic.iter().map(|row| row.used_percent).collect::<Vec<_>>(), [0]);
        let rpc: Vec<_> = rpc.value().into_iter().flatten().map(|row| row.used_percent).collect();
        assert_eq!(rpc, [80, 0]);
        let (dynamic, rpc) = history.both(now, &used(10), Reading::Absent);
        assert_eq!((dynamic.len(), rpc), (1, Reading::Absent));
    }

    #[test]
    fn a_range_that_changed_starts_anew() {
        let (mut history, start) = (History::default(), Instant::now());
        history.add(start, &used(900));
        let other = PortRange { last: 60_999, ..RANGE };
        let counts = [Count { range: other, used: 0, time_wait: 0 }];
        assert_eq!(history.add(start + seconds(60), &counts)[0].used_percent, 0);
        assert_eq!(history.tracks.len(), 1);
    }

    proptest! {
        #[test]
        fn is_bounded_whatever_it_is_told(
            looks in proptest::collection::vec((0_u64..100_000, any::<u32>(), any::<u32>()), 0..400),
        ) {
            let (mut history, mut now) = (History::default(), Instant::now());
            for (millis, used, time_wait) in looks {
                now += Duration::from_millis(millis);
                let said = history.add(now, &[Count { range: RANGE, used, time_wait }]);
                prop_assert!(said[0].used_percent <= 100 && said[0].used_percent % 5 == 0);
                prop_assert!(history.tracks[0].samples.len() <= 91);
            }
        }
    }
}
