<?php
// Prints every row of WordPress's database as JSON: {"table": [{"column": value}]}. But for transients, a cache whose entries
// live for a minute, and the numbers of options, which follow from those. What is to be done by the clock is listed without its
// times: what falls into one second in one run, falls into two in another.
function timetable(string $cron): string {
    $planned = [];
    foreach (array_filter(unserialize($cron), 'is_array') as $hooks) {
        foreach ($hooks as $hook => $events) {
            foreach ($events as $event) $planned[] = $hook . ' ' . json_encode($event);
        }
    }
    sort($planned);
    return implode("\n", $planned);
}

$database = new mysqli('localhost', 'root', '', 'wordpress', 0, getenv('APP_FOLDER') . '/db.sock');
$database->set_charset('utf8mb4');
$tables = [];
foreach ($database->query('SHOW TABLES')->fetch_all() as [$table]) {
    $rows = $database->query("SELECT * FROM `$table` ORDER BY 1")->fetch_all(MYSQLI_ASSOC);
    if ($table === 'wp_options') {
        $lasting = array_filter($rows, fn ($row) => !preg_match('/^_(site_)?transient_/', $row['option_name']));
        $rows = array_map(fn ($row) => array_diff_key($row, ['option_id' => 0]), array_values($lasting));
        foreach ($rows as &$row) {
            if ($row['option_name'] === 'cron') $row['option_value'] = timetable($row['option_value']);
        }
        unset($row);
    }
    $tables[$table] = $rows;
}
echo json_encode($tables, JSON_INVALID_UTF8_SUBSTITUTE);
