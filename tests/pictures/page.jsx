// One body of Slack or Discord, shown by the components of a package. Only what stands around it is ours.
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";
import { createElement } from "react";
import { Message } from "slack-blocks-to-jsx";
import { parse } from "discord-markdown-parser";
import "slack-blocks-to-jsx/dist/style.css";
import "@skyra/discord-components-core";
import "twemoji-colr-font/twemoji.css";
import "./page.css";

const LOGO =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#9a4a1c"/>' +
      '<path d="M20 7l11 8v11l-11 7-11-7V15z" fill="#e9a23b"/><path d="M20 7l11 8-11 5-11-5z" fill="#f7d08a"/></svg>',
  );
const DATA = { channels: [{ id: "C1", name: "supply-desk" }] };

const blocks = (content) => <Message blocks={content} theme="light" data={DATA} withoutWrapper name="" logo="" />;
const posted = ({ blocks: content, at }, key) => (
  <Message key={key} blocks={content} theme="light" data={DATA} name="Monazite" logo={LOGO} time={new Date(at)} />
);

function Slack({ messages, replies = [], view }) {
  if (view)
    return (
      <div className={`slack ${view.type}`}>
        {view.type === "modal" && <h1>{view.title.text}</h1>}
        {blocks(view.blocks)}
        {view.type === "modal" && (
          <footer>
            <span>{view.close.text}</span>
            <span className="send">{view.submit.text}</span>
          </footer>
        )}
      </div>
    );
  return (
    <div className="slack channel">
      {messages.map(posted)}
      {replies.length > 0 && (
        <div className="thread">
          <h2>Thread · {replies.length === 1 ? "1 reply" : `${replies.length} replies`}</h2>
          {replies.map(posted)}
        </div>
      )}
    </div>
  );
}

const clock = (at) => `${at.slice(8, 10)}/${at.slice(5, 7)}/${at.slice(0, 4)} ${at.slice(11, 16)}`;

const shown = (nodes) => nodes.map((node, key) => marked(node, key));

function marked(node, key) {
  const inner = Array.isArray(node.content) ? shown(node.content) : node.content;
  switch (node.type) {
    case "text":
      return node.content;
    case "br":
      return <br key={key} />;
    case "strong":
      return createElement("discord-bold", { key }, inner);
    case "em":
      return createElement("discord-italic", { key }, inner);
    case "url":
    case "link":
    case "autolink":
      return createElement("discord-link", { key, href: node.target }, inner);
    default:
      throw new Error(`no component for ${node.type}`); // a mark that the renderer should have escaped
  }
}

const lines = (text) =>
  text.split("\n").map((line, key) => (
    <div key={key} dir="auto">
      {shown(parse(line, "extended"))}
    </div>
  ));

function Embed({ embed }) {
  const colour = embed.color === undefined ? undefined : `#${embed.color.toString(16).padStart(6, "0")}`;
  return createElement(
    "discord-embed",
    { slot: "embeds", color: colour, url: embed.url, "embed-title": embed.title, "author-name": embed.author?.name },
    embed.description && createElement("discord-embed-description", { slot: "description" }, lines(embed.description)),
    embed.fields &&
      createElement(
        "discord-embed-fields",
        { slot: "fields" },
        embed.fields.map((field, key) =>
          createElement("discord-embed-field", { key, "field-title": field.name }, lines(field.value)),
        ),
      ),
    embed.footer &&
      createElement("discord-embed-footer", { slot: "footer", timestamp: clock(embed.timestamp) }, embed.footer.text),
  );
}

const rows = (components) =>
  createElement(
    "discord-attachments",
    { slot: "components" },
    components.map((row, number) =>
      createElement(
        "discord-action-row",
        { key: number },
        row.components.map((button, key) => createElement("discord-button", { key, type: "secondary" }, button.label)),
      ),
    ),
  );

const told = ({ embeds, components, at }, key) =>
  createElement(
    "discord-message",
    { key, author: "Monazite", avatar: LOGO, bot: true, timestamp: clock(at), "twenty-four": true },
    embeds.map((embed, number) => <Embed key={number} embed={embed} />),
    components.length > 0 && rows(components),
  );

function Discord({ messages, replies = [], modal }) {
  if (modal)
    return createElement(
      "discord-modal",
      { "modal-id": "form", "modal-title": modal.title, author: "Monazite", avatar: LOGO },
      modal.components.map((row, key) => {
        const { label, placeholder, max_length: most, required } = row.components[0];
        return createElement("discord-input-text", {
          key,
          type: "short",
          label,
          placeholder,
          "max-length": most,
          ...(required ? { required: true } : {}),
        });
      }),
    );
  return (
    <div className="discord">
      {createElement("discord-messages", {}, messages.map(told))}
      {replies.length > 0 && (
        <div className="thread">
          <h2>Thread</h2>
          {createElement("discord-messages", {}, replies.map(told))}
        </div>
      )}
    </div>
  );
}

let root;
window.draw = (body) => {
  const picture = document.getElementById("picture");
  root?.unmount();
  root = createRoot(picture);
  flushSync(() => root.render(body.platform === "slack" ? <Slack {...body} /> : <Discord {...body} />));
  if (body.modal)
    requestAnimationFrame(() => {
      const dialog = document.querySelector("discord-modal").shadowRoot.querySelector("dialog");
      dialog.show();
      dialog.querySelector(".discord-modal-box").style.display = "block";
    });
};

// What a picture shows of the page: a form alone, or everything.
window.frame = () => {
  const form = document.querySelector("discord-modal")?.shadowRoot.querySelector(".discord-modal-root");
  const { x, y, width, height } = (form ?? document.querySelector(".slack.modal") ?? document.getElementById("picture")).getBoundingClientRect();
  return { x, y, width, height };
};
