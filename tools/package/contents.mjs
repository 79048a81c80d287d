// What stands in the package, as text.

/// The scripts that stand beside a script and that it imports, and so on, itself first. `read` reads one by its name.
export function scripts(main, read) {
  const found = new Set([main]);
  for (const name of found) {
    for (const [, imported] of read(name).matchAll(/ from "\.\/([\w.]+)";$/gm)) found.add(imported);
  }
  return [...found];
}

/// The documents that whoever deploys needs.
export const DOCUMENTS = ["docs/deploying.md", "docs/operating.md", "docs/configuration.md", "docs/cost.md", "CHANGELOG.md"];

/// A document without its links to files that are not in the package.
export function unlinked(text, document) {
  const folder = document.includes("/") ? document.replace(/[^/]*$/, "") : "";
  return text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, isPicture, words, target) => {
    if (/^[a-z]+:|^#/.test(target)) return link;
    const [to] = new URL(target, `file:///${folder}`).pathname.slice(1).split("#");
    if (DOCUMENTS.includes(to) || ["README.md", "LICENSE"].includes(to)) return link;
    return isPicture ? "" : words;
  });
}

/// The project's wrangler.toml for the package: nothing is built, and the Worker stands elsewhere.
export function wranglerToml(text) {
  const replace = (from, to) => {
    if (!text.includes(from)) throw new Error(`wrangler.toml does not say: ${from}`);
    text = text.replace(from, () => to);
  };
  replace(/^# Headstart as a Cloudflare Worker\.[^]*?\n\n/.exec(text)[0], "# Headstart as a Cloudflare Worker, without a build. README.md says what to fill in first. An upgrade replaces this file: to keep\n# your own, docs/deploying.md says how.\n\n");
  replace('main = "src/edge/worker.mjs"', 'main = "worker/src/edge/worker.mjs"');
  replace(/^\[build\]\n[^]*?\n\n/m.exec(text)[0], "");
  replace(/^# Every variable, with its default\.[^]*?(?=\[vars\])/m.exec(text)[0], "# Every variable, with its default. docs/configuration.md says how lists and patterns are written, and what a mistake does. The\n# site is served whatever stands here.\n");
  return text;
}

/// The package's package.json. `cloudflare` is what a deploy button shows beside each thing that it asks for.
export const manifest = (version, wrangler) => ({
  name: "headstart",
  version,
  private: true,
  description: "An edge worker that gives every page a head start: learned connection hints, speculation rules, safe speculation.",
  license: "Apache-2.0",
  type: "module",
  main: "worker/src/edge/worker.mjs",
  files: ["worker", "docs", "wrangler.toml", ".dev.vars.example", "CHANGELOG.md", "SHA256SUMS"],
  scripts: {
    dev: "wrangler dev",
    check: "wrangler deploy --dry-run",
    deploy: "wrangler deploy",
  },
  engines: { node: ">=20.18.1" },
  devDependencies: { wrangler },
  cloudflare: {
    bindings: {
      SEAL_KEY: { description: "Seals what a speculation defers to its activation: 32 characters or more, from `openssl rand -base64 32`." },
      ADMIN_TOKEN: { description: "Opens the report at /_headstart/: 32 characters or more, from `openssl rand -base64 32`." },
      MODEL: { description: "What was learned." },
      ORIGIN: { description: "Your server, as a URL with nothing behind host and port. Empty: the zone's own." },
    },
  },
});

/// The package's README.
export const readme = (version) => `# Headstart ${version}

A Cloudflare Worker that stands in front of any website and gives each page a head start. This folder has the Worker as it is deployed; you need Node 20.18.1 or newer (macOS 13.5, or Linux with glibc 2.35 (Debian 12, Ubuntu 22.04), or newer), and no Rust.

\`\`\`sh
sha256sum --check SHA256SUMS        # nothing is missing or changed; macOS: shasum -a 256 --check SHA256SUMS
npm install                         # wrangler, in the version that this was tested with
npx wrangler login
npm run check                       # what would be deployed, without deploying it
\`\`\`

1. In \`wrangler.toml\` add a route of your zone: \`routes = [{ pattern = "www.example.org/*", zone_name = "example.org" }]\`. Your zone's own server is then asked; \`ORIGIN\` names another.
2. Turn **Speed Brain** off for the zone: it answers prefetches with 503 before a Worker sees them.
3. \`npm run deploy\`. The KV namespace is created.
4. \`(umask 077; openssl rand -base64 32 | tee ~/headstart-seal-key) | npx wrangler secret put SEAL_KEY\`: the key of what is deferred. Keep the file as you keep passwords: a change of the key needs it, and Cloudflare does not show it again.

Then check, with \`GET\` (\`curl -I\` shows nothing):

\`\`\`sh
curl -s https://your.site/_headstart/health                                      # "status":"ok"
curl -s -o /dev/null -D - https://your.site/                                      # speculation-rules: "/_headstart/rules/site.json"
\`\`\`

To try it first on this machine: \`npx wrangler dev --var ORIGIN:https://www.example.org\`, and open the address that it says.

[Deploying](docs/deploying.md): a \`wrangler.toml\` of your own that an upgrade does not touch, staging, rollback. [Operating](docs/operating.md). [Configuration](docs/configuration.md): every variable. [Cost](docs/cost.md). [Changelog](CHANGELOG.md).

Licence: [Apache-2.0](LICENSE).
`;
