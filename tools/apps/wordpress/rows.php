<?php
// Prints every row of WordPress's database as JSON: {"table": [{"column": value}]}.
$database = new mysqli('localhost', 'root', '', 'wordpress', 0, getenv('APP_FOLDER') . '/db.sock');
$database->set_charset('utf8mb4');
$tables = [];
foreach ($database->query('SHOW TABLES')->fetch_all() as [$table]) {
    $tables[$table] = $database->query("SELECT * FROM `$table` ORDER BY 1")->fetch_all(MYSQLI_ASSOC);
}
echo json_encode($tables, JSON_INVALID_UTF8_SUBSTITUTE);
