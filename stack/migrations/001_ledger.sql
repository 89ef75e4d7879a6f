-- The ledger, version 1. What each table is for: docs/dev/ledger.md.

CREATE TABLE ledger (
    id TEXT NOT NULL
) STRICT;

-- One row for each name that ever had a lease. The snapshot is a cache of the fold of its events, so
-- that a list costs the same however long the history is. `format` is Lease::FORMAT.
CREATE TABLE stack (
    stack    INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    seq      INTEGER NOT NULL,
    live     INTEGER NOT NULL,
    format   INTEGER NOT NULL,
    snapshot BLOB    NOT NULL
) STRICT;

CREATE INDEX stack_live ON stack (format) WHERE live = 1;

-- The truth. Positions are given in the order of commit; `at` is in milliseconds since 1970; `kind`
-- is the event's JSON object.
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stack    INTEGER NOT NULL REFERENCES stack (stack),
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    kind     TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX event_of_stack ON event (stack, seq);

-- Streams beside the stacks: the pools (`pool:NAME`) and the reaper's log (`reaper`). The snapshot is
-- the fold as JSON, a cache as well.
CREATE TABLE stream (
    stream   INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    seq      INTEGER NOT NULL,
    snapshot TEXT    NOT NULL
) STRICT;

CREATE TABLE stream_event (
    stream   INTEGER NOT NULL REFERENCES stream (stream),
    seq      INTEGER NOT NULL,
    event    TEXT    NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
