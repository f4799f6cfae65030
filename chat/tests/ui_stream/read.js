// Asks the questions given after the URL, one after the other, as useChat does (useChat is
// AbstractChat with React's state), and prints what a component would show as one JSON object.
import { AbstractChat, DefaultChatTransport } from 'ai';

class State {
  status = 'ready';
  error = undefined;
  messages = [];
  pushMessage = message => this.messages.push(message);
  popMessage = () => this.messages.pop();
  replaceMessage = (index, message) => (this.messages[index] = message);
  snapshot = thing => structuredClone(thing);
}

class Chat extends AbstractChat {}

const [api, ...questions] = process.argv.slice(2);
const state = new State();
const errors = [];
const notices = [];
const chat = new Chat({
  state,
  transport: new DefaultChatTransport({ api }),
  onError: error => errors.push(error.message),
  onData: part => notices.push(part),
});
for (const text of questions) await chat.sendMessage({ text });
console.log(JSON.stringify({ status: chat.status, messages: state.messages, errors, notices }));
