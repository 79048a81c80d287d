<?php
// Fills the new wiki: pages that link to each other, two people, a page that one of them watches and the other has
// changed, and a message that one has left for the other and that is unread.

require_once getenv( 'MW_INSTALL_PATH' ) . '/maintenance/Maintenance.php';

use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\SlotRecord;

class FillWiki extends Maintenance {
	private const PAGES = [
		'Main Page' => "Of [[Oranges]], [[Lemons]] and [[Limes]], and what is made of them: [[Marmalade]], [[Lemonade]].",
		'Oranges' => "An orange is no [[Lemons|lemon]].\n\n== Peel ==\nFor [[Marmalade]].\n\n== Juice ==\nFor breakfast.",
		'Lemons' => "A lemon is sour. See [[Oranges]] and [[Lemonade]].\n\n== Trees ==\nThey do not like frost.",
		'Limes' => "A lime is green. See [[Lemons]].",
		'Marmalade' => "Boil [[Oranges]] with sugar. [[Category:Recipes]]",
		'Lemonade' => "Press [[Lemons]]. [[Category:Recipes]]",
		'Category:Recipes' => "What is made of [[Oranges]] and [[Lemons]].",
		// Without the link to a page by chance: what it leads to is another page in each run.
		'MediaWiki:Sidebar' => "* navigation\n** mainpage|mainpage-description\n** recentchanges-url|recentchanges\n* TOOLBOX",
		'User:Visitor' => "I like [[Marmalade]].",
		'User:Neighbour' => "I like [[Lemonade]].",
	];

	public function execute() {
		$visitor = $this->person( 'Visitor' );
		$neighbour = $this->person( 'Neighbour' );
		// All of them exist before a text links to one: otherwise that link would say that there is no such page.
		foreach ( array_keys( self::PAGES ) as $name ) {
			$this->write( $visitor, $name, "To be written." );
		}
		foreach ( self::PAGES as $name => $text ) {
			$this->write( $visitor, $name, $text );
		}
		$watched = Title::newFromText( 'Limes' );
		MediaWikiServices::getInstance()->getWatchlistManager()->addWatchIgnoringRights( $visitor, $watched );
		$this->write( $neighbour, 'Limes', self::PAGES['Limes'] . "\n\nIts juice is sour, too." );
		$this->write( $neighbour, 'User talk:Visitor', "== Marmalade ==\nIs there any left? --[[User:Neighbour]]" );
	}

	private function person( string $name ): User {
		$user = User::createNew( $name );
		$password = getenv( 'APP_PASSWORD' );
		$status = $user->changeAuthenticationData( [ 'username' => $name, 'password' => $password, 'retype' => $password ] );
		if ( !$status->isGood() ) {
			$this->fatalError( (string)$status );
		}
		return $user;
	}

	private function write( User $user, string $name, string $text ): void {
		$page = MediaWikiServices::getInstance()->getWikiPageFactory()->newFromTitle( Title::newFromText( $name ) );
		$updater = $page->newPageUpdater( $user );
		$updater->setContent( SlotRecord::MAIN, new WikitextContent( $text ) );
		$updater->saveRevision( CommentStoreComment::newUnsavedComment( 'Written' ) );
		if ( !$updater->wasSuccessful() ) {
			$this->fatalError( (string)$updater->getStatus() );
		}
		DeferredUpdates::doUpdates();
	}
}

$maintClass = FillWiki::class;
require_once RUN_MAINTENANCE_IF_MAIN;
