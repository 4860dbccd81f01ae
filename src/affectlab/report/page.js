const at = id => document.getElementById(id);

function element(name, text, parent, properties = {}) {
  const made = Object.assign(document.createElement(name), properties);
  if (text !== null) made.textContent = text;
  parent.append(made);
  return made;
}
