<?php
// What PHP's own server asks first: it does what the rewrite rule of a usual MediaWiki does, so that pages are at
// /wiki/Lemons. Whatever else there is in the folder it serves by itself.

$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) ?: '/' );
if ( $path !== '/' && !str_starts_with( $path, '/wiki/' ) ) {
	return false;
}
$_SERVER['SCRIPT_NAME'] = '/index.php';
$_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . '/index.php';
chdir( $_SERVER['DOCUMENT_ROOT'] );
require $_SERVER['SCRIPT_FILENAME'];
