//! A small county in figures becomes a document: its text, its bookmarks, its file.

use std::collections::HashSet;
use std::io::{Cursor, Read as _};
use std::process::Command;

use fuyou_kernel::{Language, Localized, Period, Timestamp};
use fuyou_pack::model::{Better, Told, Unit};

use super::document::BOOKMARK_CHARS_MAX;
use super::*;
use crate::insight::{Aim, Cell, Decimal, Elapsed, Figure, Judgement, judge};
use crate::registry::Level;

const YEAR: Period = Period::StatisticalYear(2026);

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn cell(unit: Unit, numerator: i64, denominator: i64) -> Cell {
    Cell::Known(Figure {
        numerator,
        denominator: Some(denominator),
        unit,
    })
}

struct Made {
    id: &'static str,
    title: (&'static str, &'static str),
    unit: Unit,
    better: Better,
    now: (i64, i64),
    before: (i64, i64),
    below: [(i64, i64); 4],
}

fn figure(made: &Made) -> FigureData {
    let counted = |(numerator, denominator)| cell(made.unit, numerator, denominator);
    let months = crate::insight::split(YEAR, crate::insight::By::Month).unwrap();
    let monthly = |(at, month): (usize, Period)| {
        (
            month,
            counted((made.now.0 / 12 - (at as i64 % 5), made.now.1 / 12)),
        )
    };
    FigureData {
        id: made.id.into(),
        title: Localized::new(made.title.0, made.title.1),
        unit: made.unit,
        better: made.better,
        definition: Definition {
            numerator: Localized::default(),
            condition: "counted_in_time".into(),
            denominator: Localized::new("活产数", "Live births"),
            is_manual: false,
        },
        source: "GB 3-2017".into(),
        period: YEAR,
        now: counted(made.now),
        before: counted(made.before),
        below: made.below.map(counted).to_vec(),
        months: months.into_iter().enumerate().map(monthly).collect(),
        has_gap: true,
    }
}

fn goal(figures: &[FigureData], figure: usize, aim: Aim, today: &str, within_reach: i64) -> Goal {
    let elapsed = Elapsed::of(YEAR, today.parse().unwrap());
    let stand = |cell: &Cell, reach| judge(aim, cell.figure(), elapsed, reach);
    Goal {
        written: figures[figure].title.zh.clone(),
        asked: "≥90%".into(),
        figure: Some(figure),
        aim: Some(aim),
        judgement: stand(&figures[figure].now, Some(within_reach)),
        within_reach: Some(within_reach),
        below: figures[figure]
            .below
            .iter()
            .map(|cell| stand(cell, None))
            .collect(),
    }
}

/// A county of four townships on a day: one target met, two not, one without an indicator.
fn county(today: &str) -> SummaryData {
    let early = Made {
        id: "early_rate",
        title: ("早孕建册率", "Early booking rate"),
        unit: Unit::Percent,
        better: Better::Higher,
        now: (4103, 4800),
        before: (3900, 4700),
        below: [(1900, 2000), (1203, 1500), (990, 1285), (10, 15)],
    };
    let visits = Made {
        id: "visit_rate",
        title: ("产后访视率", "Postpartum visit rate"),
        unit: Unit::Percent,
        better: Better::Higher,
        now: (4704, 4800),
        before: (4653, 4700),
        below: [(1990, 2000), (1450, 1500), (1250, 1285), (14, 15)],
    };
    let caesarean = Made {
        id: "caesarean_rate",
        title: ("剖宫产率", "Caesarean rate"),
        unit: Unit::Percent,
        better: Better::Lower,
        now: (1968, 4800),
        before: (1833, 4700),
        below: [(700, 2000), (700, 1500), (560, 1285), (8, 15)],
    };
    let deaths = Made {
        id: "maternal_mortality",
        title: ("孕产妇死亡率", "Maternal mortality ratio"),
        unit: Unit::Per100000,
        better: Better::Lower,
        now: (0, 4810),
        before: (1, 4712),
        below: [(0, 2004), (0, 1503), (0, 1288), (0, 15)],
    };
    let mut figures: Vec<FigureData> = [early, visits, caesarean, deaths]
        .iter()
        .map(figure)
        .collect();
    let typed = FigureData {
        id: "folic_rate".into(),
        title: Localized::new("叶酸服用率", "Folic-acid use rate"),
        now: Cell::Absent,
        before: Cell::Absent,
        below: vec![Cell::Absent; 4],
        months: Vec::new(),
        ..figures[0].clone()
    };
    let hidden = FigureData {
        id: "hiv_positivity".into(),
        title: Localized::new("HIV阳性率", "HIV positivity"),
        now: Cell::Suppressed,
        below: vec![Cell::Suppressed; 4],
        ..figures[0].clone()
    };
    figures.extend([typed, hidden]);
    let mut goals = vec![
        goal(&figures, 0, Aim::AtLeast(decimal("90")), today, 120),
        goal(&figures, 1, Aim::AtLeast(decimal("95")), today, 0),
        goal(&figures, 2, Aim::AtMost(decimal("38")), today, 0),
    ];
    goals.push(Goal {
        written: "家长课堂覆盖".into(),
        asked: "≥80%".into(),
        figure: None,
        aim: None,
        judgement: Judgement::UNKNOWN,
        within_reach: None,
        below: Vec::new(),
    });
    let told = |fully, ranking, trend| Told {
        fully,
        ranking,
        trend,
    };
    let place = |code: &str, name: &str| Place {
        code: code.into(),
        name: name.into(),
    };
    SummaryData {
        node: place("990101", "青禾县"),
        places: vec![
            place("990101001", "东塘镇"),
            place("990101002", "石坡镇"),
            place("990101003", "柳湾乡"),
            place("990101004", "高岭乡"),
        ],
        level: Some(Level::Township),
        year: 2026,
        today: today.parse().unwrap(),
        at: format!("{today} 08:30"),
        changes: 812,
        plan: Some("青禾县2026年妇幼健康工作计划".into()),
        goals,
        chapters: vec![
            ChapterData {
                title: Localized::new("孕产期保健服务", "Care in pregnancy"),
                told: vec![
                    (0, told(true, true, true)),
                    (1, told(true, false, false)),
                    (4, told(false, false, false)),
                ],
            },
            ChapterData {
                title: Localized::new("母婴安全", "Safety"),
                told: vec![
                    (3, told(true, false, false)),
                    (2, told(false, false, false)),
                    (5, told(false, false, false)),
                ],
            },
        ],
        figures,
        address: Some("http://fuyou.example".into()),
        denominator_min: DENOMINATOR_MIN,
    }
}

const OPEN: &str = "2026-08-20";
const OVER: &str = "2026-11-22";

/// A document as lines: numbers in brackets, blanks in braces, notes with a caret.
fn show(document: &Document) -> String {
    let line = |inlines: &[Inline]| {
        let piece = |inline: &Inline| match inline {
            Inline::Text(text) => text.clone(),
            Inline::Strong(text) => format!("**{text}**"),
            Inline::Number(Number { text, note, .. }) => format!(
                "[{text}]{}",
                note.map_or(String::new(), |note| format!("^{note}"))
            ),
            Inline::Blank(text) => format!("{{{text}}}"),
            Inline::Link(text, address) => format!("<{text} {address}>"),
        };
        inlines.iter().map(piece).collect::<String>()
    };
    let block = |block: &Block| match block {
        Block::Title(inlines) => format!("= {}", line(inlines)),
        Block::Subtitle(inlines) => format!("- {}", line(inlines)),
        Block::Heading(level, inlines) => {
            format!("{} {}", "#".repeat(usize::from(*level)), line(inlines))
        }
        Block::Paragraph(inlines) => line(inlines),
        Block::Signature(inlines) => format!("-> {}", line(inlines)),
        Block::Picture(picture) => format!(
            "(picture {}x{}) {}",
            picture.size.0,
            picture.size.1,
            line(&picture.caption)
        ),
        Block::Pages(orientation) => format!("--- {orientation:?}"),
        Block::Table(table) => {
            let head: Vec<&str> = table
                .columns
                .iter()
                .map(|column| column.title.as_str())
                .collect();
            let rows = table.rows.iter().map(|row| {
                row.iter()
                    .map(|cell| line(cell))
                    .collect::<Vec<_>>()
                    .join(" | ")
            });
            [line(&table.caption), head.join(" | ")]
                .into_iter()
                .chain(rows)
                .collect::<Vec<_>>()
                .join("\n")
        }
    };
    let notes = (1..)
        .zip(&document.notes)
        .map(|(number, note)| format!("^{number} {note}"));
    document
        .blocks
        .iter()
        .map(block)
        .chain(notes)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_running_year_in_chinese() {
    insta::assert_snapshot!(show(&compose(&county(OPEN), Language::Zh)));
}

#[test]
fn a_finished_year_in_english() {
    insta::assert_snapshot!(show(&compose(&county(OVER), Language::En)));
}

#[test]
fn without_a_plan_nothing_is_claimed_about_targets() {
    let data = SummaryData {
        plan: None,
        goals: Vec::new(),
        places: Vec::new(),
        level: None,
        ..county(OPEN)
    };
    let mut data = data;
    for figure in &mut data.figures {
        figure.below.clear();
    }
    let text = show(&compose(&data, Language::Zh));
    assert!(
        text.contains("{【本年度没有现行计划")
            && !text.contains("达到“")
            && !text.contains("均已达标"),
        "{text}"
    );
    assert!(!text.contains("附表"), "{text}");
}

/// All inlines of a document, in order.
fn inlines(document: &Document) -> Vec<&Inline> {
    fn of(block: &Block) -> Vec<&Inline> {
        match block {
            Block::Title(inlines)
            | Block::Subtitle(inlines)
            | Block::Heading(_, inlines)
            | Block::Paragraph(inlines)
            | Block::Signature(inlines) => inlines.iter().collect(),
            Block::Table(table) => table.rows.iter().flatten().flatten().collect(),
            Block::Picture(_) | Block::Pages(_) => Vec::new(),
        }
    }
    document.blocks.iter().flat_map(of).collect()
}

#[test]
fn every_number_has_a_bookmark_of_its_own() {
    for language in [Language::Zh, Language::En] {
        let data = county(OPEN);
        let document = compose(&data, language);
        let mut seen = HashSet::new();
        let mut count = 0;
        for inline in inlines(&document) {
            match inline {
                Inline::Number(number) => {
                    count += 1;
                    assert!(seen.insert(&number.bookmark), "{} twice", number.bookmark);
                    assert!(
                        number.bookmark.len() <= BOOKMARK_CHARS_MAX,
                        "{}",
                        number.bookmark
                    );
                    let known = data
                        .figures
                        .iter()
                        .any(|figure| number.bookmark.contains(&figure.id))
                        || number.bookmark.starts_with("plan_");
                    assert!(known && !number.text.is_empty(), "{number:?}");
                }
                // The year, the moment, and numbers of parts and chapters are not figures.
                Inline::Text(text) | Inline::Strong(text) => {
                    let rest = text
                        .replace("2026", "")
                        .replace("2025", "")
                        .replace("08-20 08:30", "")
                        .replace("8月20日", "")
                        .replace("-08-20", "");
                    let is_label =
                        matches!(inline, Inline::Strong(_)) || rest.chars().nth(1) == Some('.');
                    assert!(
                        is_label || !rest.chars().any(|c| c.is_ascii_digit()),
                        "a number without a bookmark in {text:?}"
                    );
                }
                Inline::Blank(_) | Inline::Link(..) => {}
            }
        }
        assert!(count > 100, "only {count} numbers");
        let noted = inlines(&document)
            .into_iter()
            .filter_map(|inline| match inline {
                Inline::Number(number) => number.note,
                _ => None,
            });
        assert_eq!(
            noted.collect::<Vec<_>>(),
            (1..=document.notes.len()).collect::<Vec<_>>(),
            "each endnote is called once, in order"
        );
    }
}

#[test]
fn the_parts_of_a_gap() {
    let data = county(OPEN);
    let show = |goal: &Goal| {
        let part = |part: &Contribution| {
            format!(
                "{} {} {}%",
                data.places[part.place].name, part.missing, part.share
            )
        };
        goal.contributions()
            .iter()
            .map(part)
            .collect::<Vec<_>>()
            .join(", ")
    };
    // 石坡镇: 1350 of 1500 would be 90 %; 东塘镇 is beyond the target and does not make up for it.
    assert_eq!(
        show(&data.goals[0]),
        "柳湾乡 167 52.5%, 石坡镇 147 46.2%, 高岭乡 4 1.3%"
    );
    assert_eq!(show(&data.goals[1]), "高岭乡 1 100.0%");
}

#[test]
fn small_denominators_are_not_ranked() {
    let data = county(OPEN);
    let ranking = data.ranking(&data.figures[0]).unwrap();
    let names: Vec<&str> = ranking
        .order
        .iter()
        .map(|(place, _)| data.places[*place].name.as_str())
        .collect();
    assert_eq!(
        (names.join(" "), ranking.left_out),
        ("东塘镇 石坡镇 柳湾乡".to_owned(), 1)
    );
    // Less is better: the lowest comes first.
    let ranking = data.ranking(&data.figures[2]).unwrap();
    assert_eq!(data.places[ranking.order[0].0].name, "东塘镇");
}

fn file(language: Language) -> Vec<u8> {
    let at: Timestamp = "2026-11-22T00:30:00Z".parse().unwrap();
    docx(&compose(&county(OVER), language), at).unwrap()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive
        .by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn every_part_of_the_file_is_well_formed_and_points_to_parts_that_exist() {
    let bytes = file(Language::Zh);
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    for name in names.iter().filter(|name| !name.ends_with(".png")) {
        let mut text = String::new();
        archive
            .by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(err) => panic!("{name}: {err}"),
            }
        }
    }
    let relations = part(&bytes, "word/_rels/document.xml.rels");
    let document = part(&bytes, "word/document.xml");
    for target in relations
        .split("Target=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(
            target.starts_with("http") || names.contains(&format!("word/{target}")),
            "{target} is not in the file"
        );
    }
    for used in document
        .split("r:embed=\"")
        .skip(1)
        .chain(document.split("r:id=\"").skip(1))
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(
            relations.contains(&format!("Id=\"{used}\"")),
            "{used} has no relation"
        );
    }
    let styles = part(&bytes, "word/styles.xml");
    for style in document
        .split("pStyle w:val=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert!(
            styles.contains(&format!("w:styleId=\"{style}\"")),
            "{style} is no style"
        );
    }
    assert_eq!(
        document.matches("<w:bookmarkStart").count(),
        document.matches("<w:bookmarkEnd").count()
    );
    assert_eq!(
        document.matches("<w:endnoteReference ").count(),
        part(&bytes, "word/endnotes.xml")
            .matches("<w:endnoteRef/>")
            .count()
    );
}

/// The file as another program reads it.
#[test]
fn libreoffice_finds_the_numbers() {
    for (language, expected) in [
        (Language::Zh, "早孕建册率"),
        (Language::En, "Early booking rate"),
    ] {
        let folder = std::env::temp_dir()
            .join(format!("fuyou-summary-{}-{expected}", std::process::id()).replace(' ', "-"));
        std::fs::create_dir_all(&folder).unwrap();
        let source = folder.join("summary.docx");
        std::fs::write(&source, file(language)).unwrap();
        let profile = format!(
            "-env:UserInstallation=file://{}",
            folder.join("profile").display()
        );
        let run = Command::new("soffice")
            .arg(profile)
            .args(["--headless", "--convert-to", "pdf", "--outdir"])
            .arg(&folder)
            .arg(&source)
            .output();
        let text = run.ok().and_then(|_| {
            Command::new("pdftotext")
                .arg("-layout")
                .arg(folder.join("summary.pdf"))
                .arg("-")
                .output()
                .ok()
        });
        let kept = std::env::var_os("FUYOU_KEEP_SUMMARY").is_some();
        if !kept {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        let Some(text) = text else {
            println!("skipped: soffice and pdftotext are not installed");
            return;
        };
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        for found in [
            expected,
            "85.48%",
            "4103/4800",
            "82.98%",
            "4.52",
            "41.00%",
            "(1203/1500)",
            "counted_in_time",
        ] {
            assert!(text.contains(found), "{found} is not in the pages:\n{text}");
        }
    }
}
