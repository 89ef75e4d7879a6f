# The comment on a pull request, from `jiti show NAME --json`. An unknown value is said to be unknown.
def dollars: if . == null then "unknown" else "$" + . end;
def minute: .[0:16] | sub("T"; " ") | . + " UTC";
[
  "**\(.name)** is \(.phase | gsub("_"; " ")), at version `\(.version)`.",
  "",
  "| | |",
  "| --- | --- |",
  "| URL | \(.labels.url // "unknown") |",
  "| Cost | \(.cost.hourly_usd | dollars) per hour, \(.cost.spent_usd | dollars) so far (estimate) |",
  "| Lease | ends at \(.expires_at | minute); a push renews it |",
  "| Teardown | \(if .dies_at then "at " + (.dies_at | minute) else "no reaper has run yet" end) |",
  "",
  "`jiti extend \(.name) 4h` gives it more time, `jiti teardown \(.name)` ends it."
] | join("\n")
