# Fills the new Redmine: two public projects that know of each other, two people, issues, wiki pages, and a file to fetch.

Setting.default_language = "en"
Setting.host_name = ENV.fetch("APP_ORIGIN").sub(%r{\Ahttps?://}, "")
Setting.protocol = ENV.fetch("APP_ORIGIN").split(":").first
Setting.text_formatting = "common_mark"
Setting.wiki_compression = ""

password = ENV.fetch("APP_PASSWORD")
role = Role.givable.find_by!(name: "Manager")
people = %w[visitor neighbour].map do |login|
  person = User.new(firstname: login.capitalize, lastname: "Person", mail: "#{login}@fruit.example", language: "en")
  person.login = login
  person.password = person.password_confirmation = password
  person.mail_notification = "none"
  person.save!
  # Otherwise the first look at somebody's page would add them, with the same defaults.
  person.pref.save!
  person
end
visitor, neighbour = people
# It has a password that must be changed at first, and somebody may sign in as it.
administrator = User.find_by!(login: "admin")
administrator.password = administrator.password_confirmation = password
administrator.must_change_passwd = false
administrator.save!
administrator.pref.save!

modules = %w[issue_tracking wiki news files boards calendar gantt time_tracking]
orchard, kitchen = %w[orchard kitchen].map do |name|
  project = Project.create!(
    name: name.capitalize, identifier: name, is_public: true, enabled_module_names: modules, trackers: Tracker.all
  )
  people.each { |person| Member.create!(project: project, principal: person, roles: [role]) }
  project
end

User.current = neighbour
priority = IssuePriority.find_by!(name: "Normal")
{
  orchard => ["Water the lemons", "Cut the oranges", "Count the limes"],
  kitchen => ["Boil the marmalade", "Press the lemonade"],
}.each do |project, subjects|
  subjects.each_with_index do |subject, at|
    Issue.create!(
      project: project, tracker: project.trackers[at % 2], author: neighbour, priority: priority, subject: subject,
      description: "It has to be done. See #1.", status: IssueStatus.find_by!(name: "New")
    )
  end
  wiki = project.wiki || Wiki.create!(project: project, start_page: "Wiki")
  { "Wiki" => "Of [[Trees]] and [[Tools]]; see #1.", "Trees" => "They do not like frost. [[Wiki]]", "Tools" => "A [[Trees|tree]] needs few." }
    .each do |title, text|
      page = WikiPage.new(wiki: wiki, title: title)
      page.save_with_content(WikiContent.new(page: page, text: text, author: neighbour)) || raise(page.errors.full_messages.join)
    end
end
Watcher.create!(watchable: Issue.first, user: visitor)
News.create!(project: orchard, author: neighbour, title: "Frost is over", summary: "At last", description: "We may plant.")
board = Board.create!(project: orchard, name: "Talk", description: "Of everything")
Message.create!(board: board, author: neighbour, subject: "Who waters today?", content: "I cannot.")
{ "prices.txt" => "lemons 3\n", "prices" => "limes 4\n" }.each do |name, text|
  Attachment.create!(container: orchard, author: neighbour, file: StringIO.new(text), filename: name, content_type: "text/plain")
end
