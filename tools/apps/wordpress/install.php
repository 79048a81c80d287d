<?php
// Installs WordPress and fills it: an administrator, an author, three categories with four posts each, two comments.
$origin = getenv('APP_ORIGIN');
$_SERVER['HTTP_HOST'] = parse_url($origin, PHP_URL_HOST) . ':' . parse_url($origin, PHP_URL_PORT);
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
define('WP_INSTALLING', true);
define('WP_SITEURL', $origin);
define('WP_HOME', $origin);
require getenv('APP_FOLDER') . '/site/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

// Nobody is written to.
function wp_new_blog_notification() {}

wp_install('The Lamp Post', 'ada', 'ada@example.org', true, '', 'correct horse battery');
update_option('siteurl', $origin);
update_option('home', $origin);
update_option('permalink_structure', '/%postname%/');
update_option('template', 'twentytwentythree');
update_option('stylesheet', 'twentytwentythree');
update_option('timezone_string', 'UTC');
// The editor greets nobody, and leaves the menus where they are.
foreach ([1, wp_create_user('ben', 'correct horse battery', 'ben@example.org')] as $user) {
    update_user_meta($user, 'wp_persisted_preferences', ['core/edit-post' => ['welcomeGuide' => false, 'fullscreenMode' => false], '_modified' => '2026-01-01T00:00:00.000Z']);
}
(new WP_User(2))->set_role('author');
foreach (['Lamps', 'Chairs', 'Tables'] as $number => $name) {
    $category = wp_insert_term($name, 'category')['term_id'];
    for ($post = 1; $post <= 4; $post++) {
        wp_insert_post([
            'post_title' => "$name, part $post", 'post_status' => 'publish', 'post_author' => 1, 'post_category' => [$category],
            'post_content' => "<!-- wp:paragraph --><p>What is to be said of " . strtolower($name) . ", part $post.</p><!-- /wp:paragraph -->",
            'post_date' => sprintf('2026-01-%02d 10:00:00', 4 * $number + $post),
        ]);
    }
}
$post = get_page_by_path('lamps-part-1', OBJECT, 'post')->ID;
wp_insert_comment(['comment_post_ID' => $post, 'comment_author' => 'Cay', 'comment_author_email' => 'cay@example.org', 'comment_content' => 'True.', 'comment_approved' => 1]);
wp_insert_comment(['comment_post_ID' => $post, 'comment_author' => 'Dee', 'comment_author_email' => 'dee@example.org', 'comment_content' => 'Is it?', 'comment_approved' => 0]);
create_initial_taxonomies();
global $wp_rewrite;
$wp_rewrite->init();
$wp_rewrite->flush_rules(false);
// What it would otherwise do at whichever request comes first.
delete_option('fresh_site');
echo 'WordPress ' . get_bloginfo('version') . ' with ' . wp_count_posts()->publish . ' posts';
