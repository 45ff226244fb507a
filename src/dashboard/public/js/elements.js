/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element; children are nodes or plain text, never markup. */
export function element(name, { children = [], ...properties } = {}) {
  const node = document.createElement(name);
  Object.assign(node, properties);
  node.append(...children);
  return node;
}
