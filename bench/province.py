"""A province made from one made-up county: everything that is known of its subjects is copied, with places, persons,
enrollments, records, facts, tasks and referrals of their own, until there are so many enrollments.

The county is copied inside the database. An id of a copy is that of the original with three bytes changed, so that what
belongs together in the county belongs together in each copy, and so that the counties lie mixed in every index as they
would in a province. What must be one of its kind is not copied: document numbers, sealed phones, the audit chain.
"""
import os, sqlite3

CITIES = 16
# Tables about subjects that say who did something and when, and are chained or read by position.
LEFT_OUT = {"audit", "change", "session", "glass", "job", "job_file", "list_view", "plan", "plan_target", "target_share"}
# Their values are sealed for one person, or belong to one person only.
EMPTIED = ("id_no_", "phone_sealed", "phone_hash", "from_sealed", "to_sealed")
# Whoever reads figures reads those of the province; who cares for persons works in one county of it.
PROVINCIAL = ("director", "analyst", "admin", "auditor")


def changed(name, copy):
    """The SQL of an id in a copy."""
    return f"cast(substr({name}, 1, 2) || {copy} || substr({name}, 6) as blob)"


def places_of(base, marks, provincial):
    """Puts the county and its copies below sixteen cities; gives the part that all its codes begin with."""
    places = base.execute("select id, parent_id, code, path from organization order by path").fetchall()
    columns = [row[1] for row in base.execute("pragma table_info(organization)")]
    root, province = places[0][2], os.urandom(16)
    shared = os.path.commonprefix([code for _, _, code, _ in places])[:6]
    own = ", ".join(f'"{name}"' for name in columns if name not in ("id", "parent_id", "code", "path", "name", "level", "kind"))
    made = f"insert into organization (id, parent_id, code, path, name, level, kind, {own}) select ?, ?, ?, ?, "
    base.execute(f"{made} 'province', 'province', 'area', {own} from organization where code = ?", (province, None, "97", "97/", root))
    cities = [(os.urandom(16), f"97{city:02d}X") for city in range(min(CITIES, len(marks)))]
    base.executemany(f"{made} ?, 'city', 'area', {own} from organization where code = ?",
                     [(id, province, code, f"97/{code}/", f"city {code}", root) for id, code in cities])
    for copy, mark in enumerate(marks, 1):
        city, city_code = cities[copy % len(cities)]
        # The codes of an area begin with its county's; what is left of a code is as it was.
        base.executemany(f"{made} name || '{copy}', level, kind, {own} from organization where id = ?",
                         [(marked(id, mark), marked(parent, mark) if parent else city, f"97{copy:04d}{code[len(shared):]}",
                           f"97/{city_code}/{path.replace(shared, f'97{copy:04d}')}", id) for id, parent, code, path in places])
    base.execute(f"update organization set path = '97/{cities[0][1]}/' || path where path not like '97/%'")
    base.execute("update organization set parent_id = ? where code = ?", (cities[0][0], root))
    base.execute(f"update app_user set org_id = ? where login in ({', '.join('?' * len(provincial))})", (province, *provincial))
    base.execute("update plan set org_id = ?", (province,))
    return shared, {code for _, _, code, _ in places}


def marks_of(ids, copies):
    """Three bytes for every copy that no id has in their place."""
    used = {id[2:5] for id in ids}
    free = (number.to_bytes(3, "big") for number in range(1, 1 << 24))
    return [mark for mark, _ in zip((mark for mark in free if mark not in used), range(copies))]


def marked(id, mark):
    return id[:2] + mark + id[5:]


def tables(base):
    """Tables about subjects, with the names and types of their columns."""
    found = {}
    for name, in base.execute("select name from sqlite_master where type = 'table'").fetchall():
        columns = [(row[1], row[2].lower()) for row in base.execute(f'pragma table_info("{name}")')]
        names = {column for column, _ in columns}
        if "subject_id" in names and name not in LEFT_OUT:
            found[name] = columns
    found["staff"] = [(row[1], row[2].lower()) for row in base.execute("pragma table_info(staff)")]
    return found


def copied(base, table, columns, ids, codes, shared):
    """The column list and the expressions of a copy's row."""
    values = []
    for name, type_ in columns:
        quoted = f'o."{name}"'
        sample = {value for value, in base.execute(f'select distinct "{name}" from "{table}" where "{name}" is not null limit 50')}
        if name.startswith(EMPTIED):
            values.append("null")
        elif type_ == "blob" and (name in ("id", "subject_id") or sample & ids):
            values.append(changed(quoted, "c.mark"))
        elif type_ == "text" and sample & codes:
            values.append(f"case when substr({quoted}, 1, {len(shared)}) = '{shared}' then c.code || substr({quoted}, {len(shared) + 1}) else {quoted} end")
        else:
            values.append(quoted)
    return ", ".join(f'"{name}"' for name, _ in columns), ", ".join(values)


def multiply(database, wanted, only=None, provincial=PROVINCIAL):
    """Copies the county until the province has so many enrollments, or so many rows in the first of the tables to which
    the copies are limited. Gives how many there are, and the part that all codes of the county begin with."""
    base = sqlite3.connect(database, isolation_level=None)
    # Nothing is lost when this is cut off: the copies are made again.
    for setting in ("journal_mode=off", "synchronous=off", "cache_size=-1000000", "temp_store=memory"):
        base.execute(f"pragma {setting}")
    found = {name: columns for name, columns in tables(base).items() if not only or name in only}
    have, = base.execute(f"select count(*) from {only[0] if only else 'enrollment'}").fetchone()
    copies = max(1, -(-wanted // have))
    ids = {id for id, in base.execute("select id from organization")}
    for table, columns in found.items():
        for name in {"id", "subject_id"} & {column for column, _ in columns}:
            ids.update(id for id, in base.execute(f'select "{name}" from "{table}"'))
    base.execute("begin")
    marks = marks_of(ids, copies - 1)
    shared, codes = places_of(base, marks, provincial)
    base.execute("create temp table copy (mark blob, code text)")
    base.executemany("insert into copy values (?, ?)", [(mark, f"97{copy:04d}") for copy, mark in enumerate(marks, 1)])
    for table, columns in found.items():
        names, values = copied(base, table, columns, ids, codes, shared)
        key = "subject_id" if table != "staff" else "id"
        # Rows come in the order of the table and its indexes are made afterwards: both are many times faster so.
        indexes = base.execute("select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name = ?", (table,)).fetchall()
        for index, _ in indexes:
            base.execute(f'drop index "{index}"')
        base.execute(f'create temp table original as select * from "{table}"')
        base.execute(f'create index temp.original_by_key on original ("{key}")')
        base.execute(f'insert into "{table}" ({names}) select {values} from (select distinct "{key}" as key from original order by 1) s '
                     f'cross join copy c cross join original o on o."{key}" = s.key')
        base.execute("drop table original")
        for _, sql in indexes:
            base.execute(sql)
    base.execute("commit")
    base.execute("drop table copy")
    counted = [(table, base.execute(f"select count(*) from {table}").fetchone()[0])
               for table in ((*only, "organization") if only else ("enrollment", "organization", "person", "encounter", "referral"))]
    if not only:
        counted.append(("open task", base.execute("select count(*) from task where state = 'open'").fetchone()[0]))
    base.close()
    return counted, shared
