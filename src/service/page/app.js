/*
 * app.js - the page of the service: asks it to judge evidence and draws what it
 * answers.  Whatever comes from evidence or from the service is put into the
 * page as text, never as markup: no function here takes any.
 */
'use strict';

/* ---- the theme, before anything is drawn */

const THEMES = ['system', 'light', 'dark'];
const stored = (() => {
	try {
		return localStorage.getItem('theme');
	} catch {
		return null;
	}
})();
let theme = THEMES.includes(stored) ? stored : 'system';
function apply_theme() {
	document.documentElement.dataset.theme = theme;
}
apply_theme();
document.documentElement.classList.add('js');

/* ---- elements */

const $ = id => document.getElementById(id);

/* Characters that hide themselves or turn the text around are shown as numbers,
 * and no text is endless. */
const HIDDEN = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c' +
	'\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]', 'g');
function plain(value, most = 4000) {
	const text = String(value ?? '').replace(HIDDEN,
		c => '\\u{' + c.charCodeAt(0).toString(16) + '}');

	return text.length > most ? text.slice(0, most) + ' …' : text;
}

const SVG = 'http://www.w3.org/2000/svg';
function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (typeof value === 'function')
			node.addEventListener(name, value);
		else if (value !== null && value !== undefined && value !== false)
			node.setAttribute(name, value === true ? '' : value);
	}
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			node.append(child instanceof Node ? child : plain(child));
	return node;
}
const el = (name, attributes, ...children) =>
	fill(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) =>
	fill(document.createElementNS(SVG, name), attributes, children);

const button = (kind, text, click) => el('button', { type: 'button', class: kind, click }, text);
const data = (text, most) => el('span', { class: 'data' }, plain(text, most));
const soft = (...text) => el('span', { class: 'soft' }, ...text);
/* A table's head: names, and kinds of columns. */
const heads = columns => el('thead', {}, el('tr', {}, ...columns.map(([name, kind]) =>
	el('th', { scope: 'col', class: kind }, name))));

/* A state is never told by its colour alone. */
const SIGNS = {
	ok: 'M-3.6 .2l2.6 2.6 4.8-5.4',
	part: 'M-3.6 .2l2.6 2.6 4.8-5.4',
	warn: 'M0-4v4.5M0 3.8v.1',
	bad: 'M-3-3l6 6M3-3l-6 6',
	none: 'M0 0',
};
const STATES = {
	ok: 'holds',
	part: 'holds as far as it was judged',
	warn: 'holds, but',
	bad: 'fails',
	none: 'not reached',
};
function mark(state) {
	return draw('svg', { class: 'mark', viewBox: '-9 -9 18 18', 'aria-hidden': 'true' },
		draw('circle', { r: 8 }), draw('path', { d: SIGNS[state] }));
}
const chip = (state, ...text) => el('span', { class: `chip s-${state}` }, ...text);

/* ---- values as people read them */

const DAY = 86400e3;
const day = time => (time ? String(time).slice(0, 10) : '–');
const minute = time => (time ? String(time).slice(0, 16).replace('T', ' ') : '–');
function days_from(from, to) {
	return Math.trunc((Date.parse(to) - Date.parse(from)) / DAY);
}
function in_days(n) {
	if (!Number.isFinite(n))
		return '–';
	if (n < 0)
		return n === -1 ? '1 day ago' : `${-n} days ago`;
	return n === 0 ? 'today' : n === 1 ? 'in 1 day' : `in ${n} days`;
}
const shorten = (hex, n = 8) => {
	const text = plain(hex);

	return text.length > 2 * n + 1 ? `${text.slice(0, n)}…${text.slice(-4)}` : text;
};
/* Hex in groups of eight; what differs from `other` is marked. */
function hex(text, other) {
	const digits = plain(text);
	const groups = [];

	if (digits.length <= 16 && other === undefined)
		return el('span', { class: 'hex data' }, digits);
	for (let i = 0; i < digits.length; i += 8) {
		const group = el('i', {});

		for (let k = i; k < Math.min(i + 8, digits.length); k++) {
			const differs = other !== undefined && digits[k] !== other[k];

			group.append(differs ? el('b', {}, digits[k]) : digits[k]);
		}
		groups.push(group);
	}
	return el('span', { class: 'hex data' }, ...groups);
}

/* ---- the service */

const session = {
	get: () => {
		try {
			return sessionStorage.getItem('api-key') || '';
		} catch {
			return session.value || '';
		}
	},
	set: key => {
		session.value = key;
		try {
			if (key)
				sessionStorage.setItem('api-key', key);
			else
				sessionStorage.removeItem('api-key');
		} catch {
			/* kept until the page is left */
		}
	},
};

class Problem extends Error {
	constructor(status, title, detail) {
		super(detail || title);
		Object.assign(this, { status, title, detail });
	}
}

/* The answer's text; a Problem where it is none. */
async function ask_text(path, options = {}) {
	const headers = { ...options.headers };
	let response, text;

	if (session.get())
		headers.Authorization = `Bearer ${session.get()}`;
	try {
		response = await fetch(path, { ...options, headers, credentials: 'omit', cache: 'no-store' });
		text = await response.text();
	} catch {
		throw new Problem(0, 'The service does not answer',
			'Look whether assay serve runs, and whether this machine reaches it.');
	}
	if (response.ok)
		return text;
	let said = {};
	try {
		said = JSON.parse(text);
	} catch {
		/* no problem as of RFC 9457: its status says enough */
	}
	throw new Problem(response.status,
		said.title || `The service answered ${response.status}`, said.detail);
}
function read_json(text) {
	try {
		return JSON.parse(text);
	} catch {
		throw new Problem(0, 'The answer cannot be read',
			'It is no JSON: something between this page and the service changes it, or ' +
			'they are of different versions.');
	}
}
const ask_json = async (path, options) => read_json(await ask_text(path, options));

function query(path, values) {
	const search = new URLSearchParams();

	for (const [name, value] of Object.entries(values))
		if (value !== '' && value !== null && value !== undefined)
			search.set(name, value);
	return search.size ? `${path}?${search}` : path;
}

function show_problem(where, problem, again) {
	const locked = problem.status === 401 || problem.status === 403;

	where.replaceChildren(el('div', { class: 'problem s-bad', role: 'alert' },
		el('h2', {}, problem.title || 'The page failed'),
		el('p', {}, problem.detail || (problem.title ? '' : problem.message)),
		locked && button('plain small', 'Enter an API key', () => open_key(again)),
		!locked && again && button('plain small', 'Try again', again)));
}

/* Does what fills `where`; says there why it cannot. */
async function attempt(where, job) {
	try {
		await job();
	} catch (problem) {
		show_problem(where, problem, () => attempt(where, job));
	}
}

/* ---- what the chain consists of */

/*
 * Each link: its name, its sentence when it holds, and its checks, the names of
 * which are those of checks.json.
 */
const LINKS = {
	root: {
		name: 'Root',
		holds: 'Everything rests on this key. It is the one that the service trusts, compared byte by byte.',
		checks: ['X_ROOT_PIN', 'X_DER', 'X_CA', 'X_KEYUSAGE', 'X_TIME'],
	},
	rootcrl: {
		name: 'Revoked authorities',
		holds: 'The root’s signed list of the authorities that it has revoked (the root CRL). It is current.',
		checks: ['R_MISSING', 'R_DER', 'R_ISSUER', 'R_SIG', 'R_TIME', 'R_FLOOR'],
	},
	ca: {
		name: 'PCK authority',
		holds: 'The authority that certifies machines. The root signed it, for that purpose, and has not revoked it.',
		checks: ['X_SIG', 'X_NAME', 'X_CA', 'X_KEYUSAGE', 'X_PATHLEN', 'R_INTERMEDIATE_REVOKED',
			'X_TIME'],
	},
	pckcrl: {
		name: 'Revoked machines',
		holds: 'The authority’s signed list of the machines that it has revoked (the PCK CRL). It is current.',
		checks: ['R_MISSING', 'R_DER', 'R_ISSUER', 'R_SIG', 'R_TIME', 'R_FLOOR'],
	},
	leaf: {
		name: 'Machine’s certificate',
		holds: 'The authority certifies this one processor, at its level of updates (the PCK certificate).',
		checks: ['X_SIG', 'X_NAME', 'X_CHAIN_LEN', 'X_SGXEXT', 'X_BIND', 'X_TIME', 'R_PCK_REVOKED'],
	},
	signer: {
		name: 'TCB signer',
		holds: 'Who signs what the manufacturer says of machines and quoting enclaves. The root signed it, and has not revoked it.',
		checks: ['X_SIG', 'X_NAME', 'R_TCBSIGNER_REVOKED', 'X_TIME'],
	},
	tcb: {
		name: 'TCB info',
		holds: 'The manufacturer’s signed list of update levels for this family of machines. It is current, and for this machine.',
		checks: ['J_MISSING', 'J_SYNTAX', 'J_SIG', 'J_VERSION', 'J_TIME', 'J_ROLLBACK',
			'J_ID', 'T_UNRECOGNISED', 'T_FMSPC', 'T_PCEID'],
	},
	qeid: {
		name: 'QE identity',
		holds: 'The manufacturer’s signed description of its genuine quoting enclave. It is current, and for this kind of evidence.',
		checks: ['J_MISSING', 'J_SYNTAX', 'J_SIG', 'J_VERSION', 'J_TIME', 'J_ROLLBACK',
			'T_UNRECOGNISED', 'E_ID'],
	},
	qe: {
		name: 'Quoting enclave',
		holds: 'The machine’s key signed the quoting enclave’s report, and it is the manufacturer’s own quoting enclave, as its identity describes it.',
		checks: ['Q_QE_SIG', 'E_MISC', 'E_ATTR', 'E_SIGNER', 'E_PRODID', 'E_SVN'],
	},
	ak: {
		name: 'Attestation key',
		holds: 'The key that signs quotes on this machine: the quoting enclave’s report names it.',
		checks: ['Q_AK_BINDING', 'Q_AK_POINT'],
	},
	quote: {
		name: 'Quote',
		holds: 'The statement itself: well formed, and signed by the attestation key, so that nobody has changed a byte of it.',
		checks: ['C_FORMAT', 'P_TRUNCATED', 'P_VERSION', 'P_KEYTYPE', 'P_TEE', 'P_VENDOR',
			'P_BODY', 'P_SIGLEN', 'P_CERTTYPE', 'Q_SIG'],
	},
	code: {
		name: 'Measurement',
		holds: 'The hash of the code that runs inside, as the processor took it.',
		checks: [],
	},
	data: {
		name: 'Report data, keys',
		holds: '64 bytes that the code itself chose, mostly a hash of its public keys: what you encrypt to them, only this code can read.',
		checks: [],
	},
	level: {
		name: 'Machine’s level',
		holds: 'The machine’s updates, compared with the levels that the manufacturer lists.',
		checks: ['M_IDENTITY', 'T_NO_LEVEL', 'T_REVOKED'],
	},
};

/*
 * The order in which the service judges: link, documents, checks.  A judgement
 * ends at the first check that fails, so what stands before it holds and what
 * stands behind was not reached.  Where the order of two is not certain the
 * doubtful one stands later: a link is never shown to hold that was not judged.
 * `form` steps let something be read, and prove nothing by themselves.
 */
const FORM = true;
const STEPS = [
	['quote', /./, /^[CP]_/, FORM],
	['rootcrl', /^ROOT_CRL$/, /^R_MISSING$/, FORM],
	['pckcrl', /^PCK_CRL$/, /^R_MISSING$/, FORM],
	['signer', /^(TCB|QE)_CHAIN$/, /^J_MISSING$/, FORM],
	['tcb', /^TCB_INFO$/, /^J_MISSING$/, FORM],
	['qeid', /^QE_IDENTITY$/, /^J_MISSING$/, FORM],
	['leaf', /^PCK_(CHAIN|LEAF)$/, /^X_(?!SIG$|SGXEXT|TIME)/, FORM],
	['root', /^ROOT$/, /^X_(?!TIME)/],
	['ca', /^PCK_CA$/, /^X_(?!SIG$|TIME)/, FORM],
	['rootcrl', /^ROOT_CRL$/, /^R_(?!TIME|FLOOR)/],
	['pckcrl', /^PCK_CRL$/, /^R_(?!TIME|FLOOR|ISSUER|SIG)/, FORM],
	['ca', /^PCK_CA$/, /^X_SIG$/],
	['ca', /^PCK_CA$/, /^R_INTERMEDIATE_REVOKED$/],
	['pckcrl', /^PCK_CRL$/, /^R_(ISSUER|SIG)$/],
	['pckcrl', /^PCK_CRL_CHAIN$/, /^X_/],
	['signer', /^(TCB_CHAIN|QE_CHAIN|TCB_SIGNER)$/, /^X_(?!TIME)/],
	['signer', /^TCB_SIGNER$/, /^R_TCBSIGNER_REVOKED$/],
	['tcb', /^TCB_INFO$/, /^(J_(?!TIME|ROLLBACK)|T_UNRECOGNISED)/],
	['qeid', /^QE_IDENTITY$/, /^(J_(?!TIME|ROLLBACK)|T_UNRECOGNISED)/],
	['leaf', /^PCK_LEAF$/, /^X_(SIG|SGXEXT)$/],
	['leaf', /./, /^X_BIND$/],
	['leaf', /^PCK_LEAF$/, /^X_TIME$/],
	['ca', /^PCK_CA$/, /^X_TIME$/],
	['root', /^ROOT$/, /^X_TIME$/],
	['rootcrl', /^ROOT_CRL$/, /^R_TIME$/],
	['pckcrl', /^PCK_CRL$/, /^R_TIME$/],
	['rootcrl', /^ROOT_CRL$/, /^R_FLOOR$/],
	['pckcrl', /^PCK_CRL$/, /^R_FLOOR$/],
	['leaf', /./, /^R_PCK_REVOKED$/],
	['signer', /^TCB_SIGNER$/, /^X_TIME$/],
	['tcb', /^TCB_INFO$/, /^J_TIME$/],
	['qeid', /^QE_IDENTITY$/, /^J_TIME$/],
	['tcb', /^TCB_INFO$/, /^J_ROLLBACK$/],
	['qeid', /^QE_IDENTITY$/, /^J_ROLLBACK$/],
	['tcb', /^TCB_INFO$/, /^(J_ID|T_FMSPC|T_PCEID)$/],
	['qe', /./, /^Q_QE_SIG$/],
	['ak', /./, /^Q_AK_/],
	['quote', /./, /^Q_SIG$/],
	['qeid', /./, /^E_ID$/],
	['qe', /./, /^E_/],
	['level', /./, /^(M|T)_/],
	['code', /^$/, /^$/],
	['data', /^$/, /^$/],
];

/* Which link a rule of a policy is about; the others are about the level. */
const rules = names => new RegExp(`^(${names.trim().split(/\s+/).join('|')})$`);
const RULES = {
	code: rules(`identity any_code allow_debug attributes misc_select event_log
		mr\\w+ rtmr\\d isv_\\w+ min_isv_svn config_id min_config_svn td_\\w+ xfam\\w*
		constraint\\.(C|S|PROD|REVOKE)`),
	data: rules('keys nonce report_data'),
	tcb: rules(`constraint\\.EXPIRE max_collateral_age min_evaluation_number
		same_evaluation_number min_issue_date collateral_grace`),
	rootcrl: rules('min_root_crl_number'),
	pckcrl: rules('min_pck_crl_number'),
	root: rules('simulation'),
};

/* ---- what is true of each link */

function split_check(check) {
	const words = String(check).split(' ');

	return { name: words.pop(), doc: words.join(' ') };
}

/* The states of the links where a check failed. */
function failed_states(check) {
	const { name, doc } = split_check(check);
	const found = STEPS.findIndex(([, docs, names]) => docs.test(doc) && names.test(name));
	const states = {};

	for (const id of Object.keys(LINKS)) {
		const steps = STEPS.map((step, i) => [step, i]).filter(([step]) => step[0] === id);
		const passed = steps.filter(([step, i]) => i < found && !step[3]);

		states[id] = steps.every(([, i]) => i < found) ? 'ok' : passed.length ? 'part' : 'none';
	}
	states[found < 0 ? 'quote' : STEPS[found][0]] = 'bad';
	return states;
}

function rule_link(rule) {
	return Object.keys(RULES).find(id => RULES[id].test(rule)) || 'level';
}

/* The states of the links of genuine evidence. */
function genuine_states(j, asked) {
	const states = Object.fromEntries(Object.keys(LINKS).map(id => [id, 'ok']));

	if (j.status !== 'UpToDate')
		states.level = 'warn';
	if (j.debug || asked.expect === 'any')
		states.code = 'warn';
	for (const rule of j.rules || [])
		states[rule_link(rule)] = 'bad';
	if (only_unnamed(j))
		states.code = 'warn';
	return states;
}

/* Nobody said which code is wanted, and of the code nothing else is wrong. */
function only_unnamed(j) {
	const rules = (j.rules || []).filter(rule => rule_link(rule) === 'code');

	return rules.length === 1 && rules[0] === 'identity';
}

function link_states(j, asked) {
	const states = j.genuine ? genuine_states(j, asked) : failed_states(j.check);

	if (j.simulation && states.root === 'ok')
		states.root = 'warn';

	if (states.code !== 'none' && differs(j, asked))
		states.code = 'bad';
	return states;
}

/* A few words beside the link's name; of what was not reached, what it claims. */
const CLAIMED = ['quote', 'code', 'data'];
const KEYS = { bound: 'keys bound', loose: 'other keys' };
function link_fact(id, j, state) {
	const until = document_name => {
		const window = (j.windows || []).find(w => w.document === document_name);

		return window && window.until ? `until ${day(window.until)}` : '';
	};
	const of = {
		root: () => (j.simulation ? 'simulated, protects nothing' : 'the manufacturer’s key'),
		rootcrl: () => until('root_crl'),
		ca: () => 'certifies machines',
		pckcrl: () => until('pck_crl'),
		leaf: () => j.fmspc && `FMSPC ${j.fmspc.toUpperCase()}`,
		signer: () => 'vouches for the levels',
		tcb: () => (j.evaluation_number ? `evaluation ${j.evaluation_number}` : until('tcb_info')),
		qeid: () => until('qe_identity'),
		qe: () => j.qe_status,
		ak: () => 'ECDSA P-256',
		quote: () => j.tee && `${j.tee}, version ${j.version}`,
		code: () => (j.mrenclave || j.mrtd) && shorten(j.mrenclave || j.mrtd),
		data: () => KEYS[j.keys] || (j.report_data && shorten(j.report_data)),
		level: () => j.status,
	};

	const fact = plain(of[id]() || '', 40);
	if (state === 'none')
		return fact && CLAIMED.includes(id) ? `claims ${fact}` : '';
	return fact;
}

/* The sentences that say why a link is as it is. */
function link_sentences(id, j, state, asked) {
	const said = [];

	if (state === 'none')
		return ['The judgement ended before it came to this: nothing is known of it.'];
	if (state === 'part')
		said.push('Its signature or form holds; the judgement ended before the rest of it.');
	if (id === 'root' && j.simulation && state !== 'part')
		said.push('It is not the manufacturer’s: this is a simulation, whose keys anybody may have. It protects nothing.');
	if (id === 'code' && only_unnamed(j))
		said.push('Nobody said which code is wanted: compare it with what its author, or your own build, says.');
	if (id === 'code' && asked.expect === 'any' && j.genuine)
		said.push('Whatever code it is was to be accepted.');
	if (id === 'code' && j.debug)
		said.push('It is in debug mode: its host can read and change it.');
	if (id === 'data' && j.keys === 'bound')
		said.push('The keys beside the quote are those that the report data names.');
	if (id === 'data' && j.keys === 'loose')
		said.push('The keys beside the quote are not those that the report data names: somebody put others there.');
	if (id === 'level' && j.status)
		said.push(`Its status is ${j.status}.` + (state === 'warn' ? ' What to do says what that means.' : ''));
	(j.rules || []).forEach((rule, i) => {
		if (j.genuine && rule_link(rule) === id && rule !== 'simulation')
			said.push((j.reasons || [])[i]);
	});
	return said;
}

/* ---- the checks, explained by the service */

let checks = new Map();
async function load_checks() {
	try {
		const answer = await ask_json('checks.json');

		checks = new Map((answer.checks || []).map(check => [check.name, check]));
	} catch {
		/* the page goes on without their sentences */
	}
}

/* ---- the picture */

const WAYS = [
	['root', 'rootcrl'], ['root', 'ca'], ['root', 'signer'], ['ca', 'pckcrl'], ['ca', 'leaf'],
	['signer', 'tcb'], ['signer', 'qeid'], ['leaf', 'qe'], ['qe', 'ak'], ['ak', 'quote'],
	['quote', 'code'], ['quote', 'data'],
];
const SPEAKS = [
	['rootcrl', 'ca'], ['pckcrl', 'leaf'], ['tcb', 'leaf'], ['qeid', 'qe'], ['tcb', 'level'],
	['qeid', 'level'],
];
/* column and row; from left to right, from top to bottom is their order */
const WIDE = {
	root: [1, 0],
	rootcrl: [0, 1], ca: [1, 1], signer: [2, 1],
	pckcrl: [0, 2], leaf: [1, 2], tcb: [2, 2],
	qe: [1, 3], qeid: [2, 3],
	ak: [1, 4],
	quote: [1, 5],
	code: [0, 6], data: [1, 6], level: [2, 6],
};
/* how far in */
const NARROW = {
	root: 0, rootcrl: 1, signer: 1, tcb: 2, qeid: 2, ca: 0, pckcrl: 1, leaf: 0, level: 1, qe: 0,
	ak: 0, quote: 0, code: 1, data: 1,
};

function place_wide(width) {
	const high = 56, apart = 92, side = 22;
	const wide = Math.min(232, (width - side - 44) / 3);
	const left = [0, (width - side - wide) / 2, width - side - wide];
	const boxes = {};

	for (const [id, [column, row]] of Object.entries(WIDE))
		boxes[id] = { x: left[column], y: 4 + row * apart, w: wide, h: high };
	return { boxes, height: 6 * apart + high + 8, wide: true };
}
function place_narrow(width) {
	const high = 52, apart = 64;
	const boxes = {};

	Object.entries(NARROW).forEach(([id, depth], row) => {
		boxes[id] = { x: 2 + depth * 22, y: 4 + row * apart, w: width - 4 - depth * 22, h: high };
	});
	return { boxes, height: Object.keys(NARROW).length * apart, wide: false };
}

/* A line from one box to the other, and where its arrow ends. */
function way_wide(a, b, from, to) {
	const mid = box => [box.x + box.w / 2, box.y + box.h / 2];
	const [ax, ay] = mid(a), [bx, by] = mid(b);
	const right = a.x + a.w;

	if (from === 'signer' && to === 'qeid')
		return { d: `M${right} ${ay}h10V${by}h-9`, at: [b.x + b.w + 1, by, 180] };
	if (from === 'tcb' && to === 'level')
		return { d: `M${right} ${ay + 10}h20V${by}h-19`, at: [b.x + b.w + 1, by, 180] };
	if (Math.abs(ay - by) < 1 && ax < bx)
		return { d: `M${right} ${ay}H${b.x - 1}`, at: [b.x - 1, by, 0] };
	if (Math.abs(ay - by) < 1)
		return { d: `M${a.x} ${ay}H${b.x + b.w + 1}`, at: [b.x + b.w + 1, by, 180] };
	if (Math.abs(ax - bx) < 1)
		return { d: `M${ax} ${a.y + a.h}V${b.y - 1}`, at: [bx, b.y - 1, 90] };
	if (from === 'root')
		return { d: `M${ax < bx ? right : a.x} ${ay}H${bx}V${b.y - 1}`, at: [bx, b.y - 1, 90] };
	const turn = b.y - (b.y - a.y - a.h) / 2;
	const start = from === 'ca' ? a.x + 20 : ax;
	return { d: `M${start} ${a.y + a.h}V${turn}H${bx}V${b.y - 1}`, at: [bx, b.y - 1, 90] };
}
function way_narrow(a, b) {
	const stem = a.x + 14;

	if (a.x === b.x)
		return { d: `M${stem} ${a.y + a.h}V${b.y - 1}`, at: [stem, b.y - 1, 90] };
	return { d: `M${stem} ${a.y + a.h}V${b.y + b.h / 2}H${b.x - 1}`, at: [b.x - 1, b.y + b.h / 2, 0] };
}

function draw_way(place, from, to, state, speaks) {
	const way = place.wide ? way_wide(place.boxes[from], place.boxes[to], from, to)
	                       : way_narrow(place.boxes[from], place.boxes[to]);
	const [x, y, turn] = way.at;

	return [
		draw('path', { class: `edge s-${state}${speaks ? ' speaks' : ''}`, d: way.d }),
		draw('path', {
			class: `arrow s-${state}`, d: 'M0 0l-7-3.5v7z',
			transform: `translate(${x} ${y}) rotate(${turn})`,
		}),
	];
}

/* What of the text fits. */
function fit(text, room) {
	const whole = text.textContent;

	for (let n = whole.length - 1; n > 1 && text.getComputedTextLength() > room; n--)
		text.textContent = whole.slice(0, n).trimEnd() + '…';
}

function draw_link(view, id, box) {
	const state = view.states[id];
	const fact = link_fact(id, view.j, state);
	const spoken = `${LINKS[id].name}: ${STATES[state]}${fact ? `. ${fact}` : ''}`;
	const mono = (id === 'code' || id === 'data') && /…/.test(fact);

	return draw('g', {
		class: `node s-${state}`, role: 'button', 'data-link': id,
		'aria-label': spoken, 'aria-describedby': 'about-said',
		tabindex: id === view.chosen ? 0 : -1, transform: `translate(${box.x} ${box.y})`,
		click: () => choose_link(view, id), focus: () => choose_link(view, id),
		mouseenter: () => tell_link(view, id), mouseleave: () => tell_link(view, view.chosen),
		keydown: event => move_link(view, event),
	},
	draw('rect', { class: 'box', width: box.w, height: box.h, rx: 9 }),
	draw('rect', { class: 'ring', x: -4, y: -4, width: box.w + 8, height: box.h + 8, rx: 12 }),
	draw('g', { transform: `translate(21 ${box.h / 2})`, 'aria-hidden': 'true' },
		draw('circle', { class: 'disc', r: 9 }), draw('path', { class: 'sign', d: SIGNS[state] })),
	draw('text', { class: 'name', x: 39, y: fact ? box.h / 2 - 4 : box.h / 2 + 5 }, LINKS[id].name),
	fact && draw('text', { class: `fact${mono ? ' mono' : ''}`, x: 39, y: box.h / 2 + 14 }, fact));
}

/* A line takes the state of what it leads to.  What holds in part is signed, so it
 * is vouched for. */
function way_state(view, from, to, speaks) {
	const { states } = view;

	if (states[to] === 'none' || states[from] === 'none' || (speaks && states[to] === 'part'))
		return 'none';
	return states[to] === 'bad' ? 'bad' : 'ok';
}

function draw_chain(view) {
	const width = Math.max(240, Math.floor(view.picture.clientWidth));
	const place = width < 600 ? place_narrow(width) : place_wide(width);
	const svg = draw('svg', {
		viewBox: `0 0 ${width} ${place.height}`, height: place.height, role: 'group',
		'aria-label': 'The chain of trust, from the root to the measurement; arrow keys move along it',
	});
	const order = Object.keys(place.wide ? WIDE : NARROW);

	view.order = order;
	for (const [from, to] of WAYS)
		svg.append(...draw_way(place, from, to, way_state(view, from, to, false), false));
	for (const [from, to] of place.wide ? SPEAKS : [['leaf', 'level']])
		svg.append(...draw_way(place, from, to, way_state(view, from, to, true), true));
	for (const id of order)
		svg.append(draw_link(view, id, place.boxes[id]));
	view.picture.replaceChildren(svg);
	for (const text of svg.querySelectorAll('text'))
		fit(text, place.boxes[text.parentNode.dataset.link].w - 48);
	show_chosen(view);
}

function move_link(view, event) {
	const here = view.order.indexOf(view.chosen);
	const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
	let next;

	if (step)
		next = view.order[Math.min(view.order.length - 1, Math.max(0, here + step))];
	else if (event.key === 'Home')
		next = view.order[0];
	else if (event.key === 'End')
		next = view.order[view.order.length - 1];
	if (!next)
		return;
	event.preventDefault();
	view.picture.querySelector(`[data-link="${next}"]`).focus();
}

function show_chosen(view) {
	for (const node of view.picture.querySelectorAll('.node')) {
		const here = node.dataset.link === view.chosen;

		node.classList.toggle('chosen', here);
		node.setAttribute('aria-pressed', here);
		node.setAttribute('tabindex', here ? 0 : -1);
	}
}
function choose_link(view, id) {
	view.chosen = id;
	show_chosen(view);
	tell_link(view, id);
}

/* ---- what is said of a link */

function check_line(name, state) {
	const check = checks.get(name);

	return el('li', { class: `s-${state}` }, mark(state),
		el('span', {}, check ? check.sentence : name,
			el('code', {}, check ? `${name} ${check.section}` : name),
			el('span', { class: 'unseen' }, STATES[state])));
}
function failed_box(j) {
	const { name } = split_check(j.check);
	const check = checks.get(name);

	return el('div', { class: 'failed' },
		el('p', {}, el('code', {}, j.check)),
		check && el('p', {}, 'Must hold: ', check.sentence),
		el('p', {}, 'Found: ', j.note || '–', j.at ? ` (at byte ${j.at})` : ''),
		check && el('p', {}, 'To do: ', check.todo));
}

function tell_link(view, id) {
	const { j, asked } = view;
	const link = LINKS[id];
	const state = view.states[id];
	const fails = !j.genuine && state === 'bad';
	const failing = fails ? split_check(j.check).name : '';
	const each = j.genuine || state === 'ok' || state === 'warn' ? 'ok' : 'none';
	const names = link.checks.filter(name => name !== failing);
	const title = each === 'ok' ? 'What was checked' : fails ? 'Its other checks' : 'What would be checked';

	view.about.replaceChildren(...[
		el('h3', { class: `s-${state}` }, mark(state), link.name),
		el('p', {}, chip(state, STATES[state]), ' ', soft(link_fact(id, j, state))),
		el('div', { id: 'about-said' },
			(state === 'ok' || state === 'warn') && el('p', {}, link.holds),
			...link_sentences(id, j, state, asked).map(text => el('p', { class: 'said' }, text)),
			state === 'none' && el('p', { class: 'soft' }, link.holds)),
		fails && failed_box(j),
		id === 'level' && (j.gaps || []).length > 0 && gaps_table(j.gaps),
		names.length > 0 && el('h3', { class: 'soft' }, title),
		names.length > 0 && el('ul', { class: 'checks' }, ...names.map(name => check_line(name, each))),
	].filter(Boolean));
	view.about.scrollTop = 0;
}

/* ---- what is wanted, and what is there */

const clean_hex = text => String(text || '').toLowerCase().replace(/[\s:]|^0x/g, '');

function tokens_of(line) {
	const found = {};

	for (const word of String(line || '').trim().split(/\s+/)) {
		const [, name, value] = /^([A-Z]+):(.*)$/.exec(word) || [];

		if (name)
			found[name] = value;
	}
	return found;
}

/* Rows of what the evidence says beside what was expected; same: true, false,
 * or undefined where nothing was. */
function compared(j, asked) {
	const line = asked.expect === 'line' ? tokens_of(asked.line) : {};
	const code = asked.expect === 'code' ? clean_hex(asked.wanted) : '';
	const rows = [];
	const row = (name, got, want) => {
		if (got)
			rows.push({ name, got, want, same: want ? got === want : undefined });
	};

	if (j.mrtd) {
		row('MRTD', j.mrtd, code);
	} else {
		row('MRENCLAVE', j.mrenclave, code || clean_hex(line.C));
		row('MRSIGNER', j.mrsigner, clean_hex(line.S));
	}
	if (asked.report_data)
		row('Report data', j.report_data, clean_hex(asked.report_data).padEnd(128, '0'));
	if (asked.nonce)
		row('Nonce', j.nonce || '–', clean_hex(asked.nonce));
	return rows;
}

/* Whether anything is other than was expected. */
const differs = (j, asked) => compared(j, asked).some(row => row.same === false);

function compare_line(name, value, other) {
	return el('p', {}, el('span', { class: 'line-name' }, name), el('br'), hex(value, other));
}
function compare_row(row, j) {
	const code = row.name === 'MRENCLAVE' || row.name === 'MRTD';
	const outcome = row.same ? chip('ok', mark('ok'), 'the same') : chip('bad', mark('bad'), 'different');

	return el('div', {},
		el('h3', {}, term(row.name.toLowerCase().replace(' ', '_'), row.name)),
		el('div', { class: 'lines' },
			compare_line(j.genuine ? 'measured' : 'claimed', row.got, row.want || undefined),
			row.want && compare_line('expected', row.want, row.got)),
		row.want ? outcome
		         : code && button('plain small', 'Expect this code', () => expect_code(row.got)));
}

function compare_part(j, asked) {
	const rows = compared(j, asked);

	return rows.length > 0 && part('Measured and expected',
		'What runs inside, beside what you say that should. Have the expected value from the ' +
		'code’s author, or compute it yourself: assay measure.',
		el('div', { class: 'card compare' }, ...rows.map(row => compare_row(row, j))));
}

/* ---- fields, explained */

const TERMS = {
	mrenclave: ['Measurement (MRENCLAVE)',
		'The SHA-256 of the enclave’s pages as the processor loaded them: the same for everybody who builds the same code, another for any other code.'],
	mrsigner: ['Signer (MRSIGNER)',
		'The SHA-256 of the key that the code’s author signed the enclave with. It stays the same over versions; who holds that key can sign any code.'],
	isv_prod_id: ['Product',
		'The number that the signer gives the product, so that two of the same signer’s are told apart.'],
	isv_svn: ['Security version',
		'It grows when the author mends something that matters. The revocation level of Conclave is one less.'],
	mrtd: ['Measurement (MRTD)',
		'The SHA-384 of the trust domain as it was built: firmware and first memory.'],
	rtmr0: ['RTMR 0',
		'What the firmware measured of its configuration, extended step by step.'],
	rtmr1: ['RTMR 1',
		'What was booted: the kernel, mostly.'],
	rtmr2: ['RTMR 2',
		'What the booted system measured: command line, initial RAM disk.'],
	rtmr3: ['RTMR 3',
		'For the application’s own measurements.'],
	mrconfigid: ['Configuration (MRCONFIGID)',
		'What the owner configured when the trust domain was made; not measured code.'],
	debug: ['Debug mode',
		'In debug mode the host can read and change what is inside: no secrets.'],
	tee: ['Kind',
		'SGX: an enclave within a process. TDX: a whole virtual machine, a trust domain.'],
	version: ['Quote’s version',
		'3 and 4 and 5 differ in layout: 4 came with TDX, 5 with TDX 1.5.'],
	report_data: ['Report data',
		'64 bytes that the code chose itself when it asked for the quote, mostly a hash of its keys and of a nonce.'],
	keys: ['Keys',
		'Bound: the keys beside the quote are those that the report data names, so that they are this very code’s. Loose: they are not.'],
	signing_key: ['Signing key',
		'The Ed25519 key that the code signs with, as SubjectPublicKeyInfo.'],
	encryption_key: ['Encryption key',
		'The X25519 key to encrypt to: its private half never left the enclave.'],
	tls_key: ['TLS key',
		'The public key of the TLS connection that the certificate with the evidence is for.'],
	nonce: ['Nonce',
		'Bytes that the asker drew: bound in the quote, they show that it was made afterwards, and is no recording.'],
	event_log: ['Event log',
		'The list of what was measured into the trust domain’s registers, replayed and compared with them.'],
	fmspc: ['Family (FMSPC)',
		'Which family and model of platform it is; levels are published for each.'],
	ppid: ['Machine (PPID)',
		'The processor package’s own number, by which this machine is told from all others.'],
	status: ['Status',
		'The machine’s level in the manufacturer’s words, all parts together: UpToDate is the best.'],
	platform_status: ['Platform’s status',
		'Of processor, microcode and BIOS alone.'],
	module_status: ['TDX module’s status',
		'Of the module that keeps trust domains apart.'],
	qe_status: ['Quoting enclave’s status',
		'Of the enclave of the manufacturer that signs quotes on this machine.'],
	tcb_date: ['TCB date',
		'The machine has the fixes for what was known at that date.'],
	advisories: ['Advisories',
		'The manufacturer’s security advisories that apply at this level.'],
	level: ['Grade',
		'SECURE: genuine, real hardware, not in debug mode, up to date. STALE: the same, but behind. INSECURE: all else, simulations among it.'],
	judged_at: ['Judged as of',
		'The time for which dates and lists were judged.'],
	evaluation_number: ['Evaluation',
		'The number of the manufacturer’s evaluation that the levels are of: the lesser one of TCB info and QE identity.'],
	fresh_until: ['Fresh until',
		'When the first of the documents ends: after that, the same evidence needs newer ones.'],
	collateral: ['Collateral',
		'Whose documents it was judged with. What comes with the evidence was chosen by who sent it.'],
	policy: ['Policy',
		'The rules by which it was decided, and their version.'],
	evidence_sha256: ['Evidence’s hash',
		'The SHA-256 of the bytes that were judged, to name them by.'],
};
const GROUPS = [
	['The code', [
		'mrenclave', 'mrsigner', 'isv_prod_id', 'isv_svn', 'mrtd',
		'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3', 'mrconfigid', 'debug',
	]],
	['The machine', [
		'status', 'platform_status', 'module_status', 'qe_status', 'tcb_date', 'advisories',
		'fmspc', 'ppid',
	]],
	['The quote', [
		'tee', 'version', 'report_data', 'keys', 'signing_key',
		'encryption_key', 'tls_key', 'nonce', 'event_log',
	]],
	['The judgement', [
		'level', 'judged_at', 'policy', 'evaluation_number', 'fresh_until',
		'collateral', 'evidence_sha256',
	]],
];

function term(name, label) {
	const [title, text] = TERMS[name] || [label, ''];
	const button = el('button', { type: 'button', class: 'term' }, label || title);

	if (text) {
		const show = () => show_tip(button, text);

		for (const event of ['mouseenter', 'focus', 'click'])
			button.addEventListener(event, show);
		for (const event of ['mouseleave', 'blur'])
			button.addEventListener(event, hide_tip);
	}
	return button;
}

function show_tip(button, text) {
	hide_tip();
	const tip = el('div', { class: 'tip', id: 'tip', role: 'tooltip' }, text);
	const at = button.getBoundingClientRect();

	document.body.append(tip);
	button.setAttribute('aria-describedby', 'tip');
	const left = Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 12);
	const above = at.top > tip.offsetHeight + 70;
	tip.style.left = `${Math.max(12, left) + window.scrollX}px`;
	tip.style.top = `${window.scrollY + (above ? at.top - tip.offsetHeight - 8 : at.bottom + 8)}px`;
}
function hide_tip() {
	$('tip')?.remove();
	document.querySelector('[aria-describedby="tip"]')?.removeAttribute('aria-describedby');
}

const IS_HEX = /^[0-9a-f]{12,}$/;
const IS_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
function value_of(name, value) {
	if (name === 'policy')
		return [data(value.name), value.version ? `, version ${plain(value.version, 20)} ` : ' ', hex(value.hash)];
	if (name === 'event_log')
		return `${value.explains ? 'explains' : 'does not explain'} the registers; ${value.events} events`;
	if (name === 'advisories')
		return value.length ? value.join(', ') : 'none';
	if (typeof value === 'boolean')
		return value ? 'yes' : 'no';
	if (IS_HEX.test(value))
		return hex(value);
	if (IS_TIME.test(value))
		return `${minute(value)} UTC`;
	return data(value);
}
function field(name, j) {
	const value = j[name];

	if (value === null || value === undefined)
		return null;
	return el('div', {}, el('dt', {}, term(name)), el('dd', {}, value_of(name, value)));
}
function fields_part(j) {
	const cards = GROUPS.map(([title, names]) => {
		const fields = names.map(name => field(name, j)).filter(Boolean);

		return fields.length > 0 &&
			el('div', { class: 'card' }, el('h3', {}, title), el('dl', {}, ...fields));
	});

	return part('Every field',
		j.genuine ? 'Each name is explained when you point at it, or move to it by keyboard.'
		          : 'Nothing here is proven: it is what the evidence claims.',
		el('div', { class: 'facts' }, ...cards));
}

/* ---- dates */

const DOCUMENTS = {
	pck_chain: 'Machine’s certificates',
	root_crl: 'Revoked authorities',
	pck_crl: 'Revoked machines',
	pck_crl_chain: 'Its issuer’s certificates',
	tcb_chain: 'TCB signer’s certificates',
	qe_chain: 'Same, for the QE identity',
	tcb_info: 'TCB info',
	qe_identity: 'QE identity',
};

/* From when until when to draw: certificates are good for decades, so that the
 * scale is that of the documents that end soon. */
function scale_of(windows, now) {
	const short = windows.filter(w => w.until - w.from < 400 * DAY);
	const shown = short.length ? short : windows;
	const month = shown.filter(w => w.until - w.from < 60 * DAY);
	const on = month.length ? month : shown;
	const from = Math.min(now, ...on.map(w => w.from)), until = Math.max(now, ...on.map(w => w.until));
	const room = (until - from) * 0.06 || DAY;

	return { from: from - room, until: until + room };
}

function span(w, scale, now) {
	const part_of = time => (time - scale.from) / (scale.until - scale.from);
	const at = time => 1000 * Math.min(1, Math.max(0, part_of(time)));
	const state = now < w.from || now >= w.until ? 'bad' : 'ok';
	const x = at(w.from), end = Math.max(x + 3, at(w.until));

	return draw('svg', {
		viewBox: '0 0 1000 40', preserveAspectRatio: 'none', 'aria-hidden': 'true', class: `s-${state}`,
	},
	draw('rect', { class: 'span', x, y: 16, width: end - x, height: 8, rx: 2 }),
	draw('line', { class: 'now', x1: at(now), x2: at(now), y1: 0, y2: 40 }));
}

/* What is left of it, and whether that is bad. */
function left_of(w, now) {
	const days = Math.trunc((w.until - now) / DAY);

	if (now < w.from)
		return chip('bad', `good from ${in_days(Math.trunc((w.from - now) / DAY))}`);
	if (now >= w.until)
		return chip('bad', `ended ${in_days(days)}`);
	return days > 730 ? `${Math.round(days / 365)} years left` : `${days} days left`;
}
function date_row(w, scale, now) {
	const iso = time => day(new Date(time).toISOString());

	return el('tr', {},
		el('th', { scope: 'row' }, DOCUMENTS[w.document] || plain(w.document, 60)),
		el('td', { class: 'bar-cell' }, span(w, scale, now)),
		el('td', { class: 'when' }, iso(w.from), ' – ', iso(w.until)),
		el('td', {}, left_of(w, now)));
}

function dates_words(j) {
	const line = `The line is the time that it was judged for, ${minute(j.judged_at)} UTC.`;

	if (!j.fresh_until)
		return line;
	const when = in_days(days_from(j.judged_at, j.fresh_until));
	return `${line} The first document ends ${when}, on ${day(j.fresh_until)}.`;
}
function dates_part(j) {
	const now = Date.parse(j.judged_at);
	const windows = (j.windows || [])
		.map(w => ({ document: w.document, from: Date.parse(w.from), until: Date.parse(w.until) }))
		.filter(w => Number.isFinite(w.from) && Number.isFinite(w.until));
	const scale = scale_of(windows, now);

	return windows.length > 0 && Number.isFinite(now) && part('How long it holds', dates_words(j),
		el('div', { class: 'card' }, el('table', { class: 'times' },
			heads([['Document'], ['Good'], ['From – until'], ['']]),
			el('tbody', {}, ...windows.map(w => date_row(w, scale, now))))));
}

/* ---- the verdict */

const GRADES = { SECURE: 'ok', STALE: 'warn', INSECURE: 'bad' };

function wanted_words(asked) {
	if (asked.expect === 'any')
		return 'with whatever code it is';
	if (asked.expect === 'code' || asked.expect === 'line')
		return 'with the code that you expect';
	return 'with code that the policy lets pass';
}
/* What a failed check means, in few words; what is not named here is said by its
 * link. */
const MEANS = [
	[/^Q_SIG$/, 'Not genuine: the quote was altered after it was signed.'],
	[/^Q_AK_/, 'Not genuine: its attestation key was put in another’s place.'],
	[/^Q_QE_SIG$/, 'Not genuine: this machine’s key did not sign it.'],
	[/^E_/, 'Not genuine: the manufacturer’s quoting enclave did not sign it.'],
	[/^X_SIG$/, 'Not genuine: a certificate is forged or damaged.'],
	[/^[RJ]_SIG$/, 'Not proven: a document of the manufacturer’s is forged or damaged.'],
	[/^X_ROOT_PIN$/, 'Not genuine: it rests on a root that is not trusted here.'],
	[/REVOKED$/, 'Do not trust it: the manufacturer has revoked it.'],
	[/^(T_FMSPC|T_PCEID|J_ID|E_ID)$/, 'Not proven: the documents are for other machines.'],
	[/_MISSING$/, 'Not proven: the manufacturer’s documents for it are not there.'],
	[/^(J_ROLLBACK|R_FLOOR)$/, 'Not proven: the documents are older than is acceptable.'],
	[/^C_FORMAT$/, 'This is no evidence that can be judged.'],
	[/^[CP]_/, 'This cannot be judged: it is damaged, or of another kind.'],
];
const UNPROVEN = /^(J_MISSING|R_MISSING|X_TIME|R_TIME|J_TIME)$/;

function failed_sentence(j) {
	const { name } = split_check(j.check);
	const link = Object.entries(failed_states(j.check)).find(([, state]) => state === 'bad')[0];
	const meant = MEANS.find(([names]) => names.test(name));

	if (meant)
		return meant[1];
	if (/_TIME$/.test(name))
		return `Not proven: a document is out of date (${LINKS[link].name}).`;
	return `Not genuine: “${LINKS[link].name}” does not hold.`;
}

/* What the rules that say no are about, where they agree. */
function refused_words(j) {
	const about = new Set(j.rules.map(rule_link));

	if (about.size !== 1)
		return `${j.rules.length} rules say no`;
	if (about.has('level') && j.status !== 'UpToDate')
		return `its machine is ${j.status}`;
	if (about.has('code') && j.debug && j.rules.length === 1)
		return 'it is in debug mode';
	return {
		code: 'its code is not what is wanted', data: 'its keys or report data are not what is wanted',
		tcb: 'the documents are not what is wanted',
	}[[...about][0]] || 'a rule says no';
}

/* One sentence, and how it is to be taken. */
function verdict_of(j, asked) {
	const thing = j.tee === 'TDX' ? 'trust domain' : 'enclave';
	const rules = j.rules || [];
	const code = wanted_words(asked);

	if (j.error)
		return ['bad', 'This is no evidence that can be judged.'];
	if (!j.genuine)
		return [UNPROVEN.test(split_check(j.check).name) ? 'warn' : 'bad', failed_sentence(j)];
	if (differs(j, asked))
		return ['bad', `Genuine, but other code than you expect runs in this ${thing}.`];
	if (j.decision === 'accept' && j.simulation)
		return ['warn', `Accepted as a simulation, ${code}. It protects nothing.`];
	if (j.decision === 'accept' && j.debug)
		return ['warn', `Accepted, in debug mode: the host of this ${thing} can read all that is in it.`];
	if (j.decision === 'accept' && j.level === 'SECURE')
		return ['ok', `Accepted: a genuine ${thing}, ${code}, on a machine that is up to date.`];
	if (j.decision === 'accept')
		return ['warn', `Accepted: a genuine ${thing}, ${code}; its machine is ${j.status}.`];
	if (rules.length === 1 && rules[0] === 'identity')
		return ['warn', `A genuine ${thing}. Whether its code is what you expect, nobody said yet.`];
	if (j.simulation && rules.every(rule => rule === 'identity' || rule === 'simulation'))
		return ['bad', 'Refused: it holds, but for a simulated machine, which protects nothing.'];
	return ['bad', `Genuine, but refused: ${refused_words(j)}.`];
}

function verdict_part(j, asked) {
	const [state, sentence] = verdict_of(j, asked);
	const reasons = j.genuine ? (j.rules || []).map((rule, i) => [rule, (j.reasons || [])[i]])
	              : j.check ? [[j.check, j.note]] : [];
	const grade = GRADES[j.level] || 'none';
	const accepted = j.decision === 'accept' && !differs(j, asked);
	const policy = [j.policy?.name || 'default', j.policy?.version].filter(Boolean).join(' ');

	return el('section', { class: `verdict s-${state}`, tabindex: -1, 'aria-label': 'Verdict' },
		mark(state),
		el('h2', {}, sentence),
		el('div', { class: 'chips' },
			el('span', { class: `chip grade s-${grade}` }, j.level || 'INSECURE'),
			accepted ? chip('ok', 'accepted') : chip('bad', 'refused'),
			j.status && chip(j.status === 'UpToDate' ? 'ok' : 'warn', j.status),
			j.simulation && chip('warn', 'simulation'),
			j.debug && chip('warn', 'debug'),
			el('span', { class: 'chip data' }, `policy ${plain(policy, 60)}`),
			asked.name && el('span', { class: 'chip data' }, plain(asked.name, 40))),
		reasons.length > 0 && el('ul', { class: 'reasons' }, ...reasons.map(([rule, text]) =>
			el('li', {}, el('span', { class: 'rule' }, rule), data(text)))));
}

/* ---- what to do */

const KINDS = {
	sgx_component: 'SGX component', tdx_component: 'TDX component', pce_svn: 'PCE',
	tdx_module: 'TDX module', qe: 'Quoting enclave',
};
/* A judgement has kinds, a forecast names components. */
function gap_name(gap) {
	const number = /_component$/.test(gap.kind) ? ` ${Number(gap.index) + 1}` : '';
	const name = gap.component || (KINDS[gap.kind] || plain(gap.kind, 60)) + number;

	return `${plain(name, 60)}${gap.name ? ` (${plain(gap.name, 80)})` : ''}`;
}
function gaps_table(gaps) {
	return el('table', { class: 'gaps' },
		heads([['Part'], ['has', 'number'], ['needs', 'number']]),
		el('tbody', {}, ...gaps.slice(0, 40).map(gap => el('tr', {},
			el('th', { scope: 'row' }, gap_name(gap)),
			el('td', { class: 'number' }, plain(gap.have, 20)),
			el('td', { class: 'number' }, plain(gap.need, 20))))));
}
function advice_part(j) {
	const own = j.no_collateral && j.genuine
		? [`It was judged by the documents that came with it; the service has none: ${j.no_collateral}.`] : [];
	const advice = [...(j.advice || []), ...own];

	return advice.length > 0 && part('What to do', '',
		el('div', { class: 'card' },
			el('ol', { class: 'advice' }, ...advice.map(text => el('li', {}, data(text))))));
}

/* ---- a result, whole */

function part(title, said, ...body) {
	return el('section', { class: 'part' },
		el('div', { class: 'part-head' },
			el('h2', {}, title), said && el('p', { class: 'soft' }, said)),
		...body);
}

function legend() {
	const state = name => el('span', { class: `s-${name}` }, mark(name), STATES[name]);
	const way = (kind, text) => el('span', { class: 's-ok' },
		draw('svg', { class: 'way', viewBox: '0 0 28 12', 'aria-hidden': 'true' },
			draw('path', { class: `edge ${kind}`, d: 'M1 6h26' })),
		text);

	return el('p', { class: 'legend' }, ...Object.keys(STATES).map(state),
		way('', 'vouches for'), way('speaks', 'speaks about'));
}

function chain_part(view) {
	view.picture = el('div', { class: 'xray-picture' });
	view.about = el('div', {
		class: 'about-in', tabindex: 0, role: 'region', 'aria-label': 'The chosen link',
	});
	return part('The chain of trust',
		'From the manufacturer’s root to the code that runs. Choose a link to see what was checked.',
		el('div', { class: 'card' },
			el('div', { class: 'xray' },
				el('div', {}, view.picture, legend()),
				el('div', { class: 'about', 'aria-live': 'polite' }, view.about))));
}
/* Where to look first: what fails, else what is doubtful, else the end. */
function first_link(states) {
	const order = Object.keys(WIDE);

	return order.find(id => states[id] === 'bad') || order.find(id => states[id] === 'warn') || 'code';
}

const verbatim = (text, kind) =>
	el('pre', { tabindex: 0, class: kind }, el('code', { class: 'data' }, plain(text, 200000)));
function raw(title, text) {
	return el('details', { class: 'card raw' }, el('summary', {}, title), verbatim(text));
}

const resized = new ResizeObserver(entries => {
	for (const entry of entries) {
		const view = entry.target.view;

		if (view && Math.floor(entry.contentRect.width) !== view.width) {
			view.width = Math.floor(entry.contentRect.width);
			draw_chain(view);
		}
	}
});

function show_result(j, asked) {
	const where = $('result');
	const states = link_states(j, asked);
	const view = { j, asked, states, chosen: first_link(states) };
	const { token, ...rest } = j;

	hide_tip();
	where.replaceChildren(...[
		verdict_part(j, asked), advice_part(j), chain_part(view), compare_part(j, asked),
		dates_part(j), fields_part(j),
		el('section', { class: 'part' },
			raw('The answer as JSON', JSON.stringify(rest, null, 2)),
			token && raw('The signed token', token)),
	].filter(Boolean));
	view.picture.view = view;
	view.width = Math.floor(view.picture.clientWidth);
	draw_chain(view);
	tell_link(view, view.chosen);
	resized.disconnect();
	resized.observe(view.picture);
	$('evidence').classList.add('has-result');
	where.firstChild.focus({ preventScroll: true });
	where.firstChild.scrollIntoView({ block: 'start' });
}

/* ---- asking */

const MOST = 4 << 20;
let evidence = null; /* { name, body } */

function set_evidence(name, body) {
	evidence = { name, body };
	$('drop').classList.add('full');
	$('drop-say').replaceChildren(
		el('strong', { class: 'data' }, plain(name, 60)), `, ${body.size.toLocaleString('en')} bytes`);
	$('choose').textContent = 'Choose another';
}

function asked_now() {
	const text = id => $(id).value.trim();

	return {
		name: evidence.name, expect: document.querySelector('input[name="expect"]:checked').value,
		wanted: text('wanted'), least: $('least').value, line: text('line'), policy: $('policy').value,
		nonce: clean_hex(text('nonce')), report_data: clean_hex(text('report-data')), at: text('at'),
	};
}
/* A measurement that the service can be told of is said to it as a constraint;
 * that of a trust domain is compared on this page, and the service is asked about the
 * rest. */
function accept_of(asked) {
	const code = clean_hex(asked.wanted);

	if (asked.expect === 'line')
		return asked.line;
	if (asked.expect === 'code' && code.length === 64)
		return `C:${code.toUpperCase()} SEC:${asked.least}`;
	return '';
}
const any_code = asked =>
	asked.expect === 'any' || (asked.expect === 'code' && !accept_of(asked));
/* What is wrong with what was filled in, or null. */
function wrong_with(asked) {
	const is_hex = text => /^([0-9a-f]{2})*$/.test(text);
	const code = clean_hex(asked.wanted);

	if (asked.expect === 'code' && !(is_hex(code) && (code.length === 64 || code.length === 96)))
		return ['wanted', 'A measurement has 64 hex digits (MRENCLAVE) or 96 (MRTD).'];
	if (asked.expect === 'line' && !asked.line)
		return ['line', 'Say which constraint must hold, such as C:hash SEC:SECURE.'];
	if (!is_hex(asked.nonce))
		return ['nonce', 'A nonce is given as hex digits, two for each byte.'];
	if (!is_hex(asked.report_data) || asked.report_data.length > 128)
		return ['report-data', 'Report data is given as at most 128 hex digits.'];
	if (asked.at && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(asked.at))
		return ['at', 'A time is given as 2026-11-23T12:00:00Z.'];
	return null;
}

const ask_verdict = asked => ask_json(query('v1/verify', {
	policy: asked.policy, accept: accept_of(asked), any_code: any_code(asked) ? '1' : '',
	nonce: asked.nonce, report_data: asked.report_data, at: asked.at,
}), {
	method: 'POST', body: evidence.body, headers: { 'Content-Type': 'application/octet-stream' },
});

/* One that was asked earlier does not overwrite the answer to a later one. */
let turn = 0;
async function judge() {
	const mine = ++turn;
	const button = $('judge');

	if ($('text').value.trim() && (!evidence || evidence.typed !== $('text').value))
		take_text($('text').value);
	if (!evidence)
		return say_wrong('choose', 'Drop, choose or paste evidence first.');
	const asked = asked_now();
	const wrong = wrong_with(asked);
	if (wrong)
		return say_wrong(...wrong);
	button.setAttribute('aria-busy', 'true');
	button.textContent = 'Judging …';
	try {
		const j = await ask_verdict(asked);

		if (mine === turn)
			show_result(j, asked);
	} catch (problem) {
		if (mine === turn)
			show_problem($('result'), problem, judge);
	}
	if (mine === turn) {
		button.removeAttribute('aria-busy');
		button.textContent = 'Judge it';
	}
	return undefined;
}
function say_wrong(id, text) {
	show_problem($('result'), new Problem(0, text, ''));
	const near = $(id).closest('details');
	if (near)
		near.open = true;
	$(id).focus();
}

function expect_code(code) {
	document.querySelector('input[name="expect"][value="code"]').checked = true;
	$('wanted').value = code;
	judge();
}

async function take_file(file) {
	if (!file)
		return;
	if (file.size > MOST) {
		show_problem($('result'), new Problem(0, 'That is too large',
			'Evidence has at most 4 MiB: give the evidence itself, without what is packed around it.'));
		return;
	}
	/* read now: a file that changes later is not what was judged */
	const body = await file.arrayBuffer().catch(() => null);
	if (!body) {
		show_problem($('result'), new Problem(0, 'That cannot be read', 'Give one file, not a folder.'));
		return;
	}
	set_evidence(file.name || 'evidence', new Blob([body]));
	$('text').value = '';
	judge();
}
function take_text(text) {
	set_evidence('pasted text', new Blob([text]));
	evidence.typed = text;
}

function start_asking() {
	const drop = $('drop');
	const inside = event => event.target.closest?.('textarea, input');

	$('ask').addEventListener('submit', event => {
		event.preventDefault();
		judge();
	});
	$('choose').addEventListener('click', () => $('file').click());
	$('file').addEventListener('change', () => {
		take_file($('file').files[0]);
		$('file').value = '';
	});
	for (const name of ['dragenter', 'dragover'])
		document.addEventListener(name, event => {
			event.preventDefault();
			drop.classList.add('over');
		});
	document.addEventListener('dragleave', event => {
		if (!event.relatedTarget)
			drop.classList.remove('over');
	});
	document.addEventListener('drop', event => {
		event.preventDefault();
		drop.classList.remove('over');
		show_tab('evidence');
		take_file(event.dataTransfer.files[0]);
	});
	document.addEventListener('paste', event => {
		const data = event.clipboardData;

		if (inside(event) || $('evidence').hidden || !data)
			return;
		if (data.files.length) {
			take_file(data.files[0]);
		} else if (data.getData('text')) {
			take_text(data.getData('text'));
			judge();
		}
	});
}

/* ---- lists */

function list(columns, rows, foot) {
	const row = cells => el('tr', {}, ...cells.map((cell, i) =>
		el('td', { class: columns[i][1], 'data-name': columns[i][0] }, cell ?? '–')));

	return el('div', { class: 'card' },
		el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table' },
			el('table', { class: 'list' }, heads(columns), el('tbody', {}, ...rows.map(row)))),
		foot && el('div', { class: 'foot-row' }, foot));
}
const empty = text => el('p', { class: 'card empty' }, text);
const code = text => el('code', { class: 'data', title: plain(text, 200) }, shorten(text));
/* Of a machine that has none, it is the name of the check that refuses it. */
function status_chip(status) {
	const refused = !status || status === 'Revoked' || /^[A-Z]_/.test(status);
	const state = status === 'UpToDate' ? 'ok' : refused ? 'bad' : 'warn';

	return chip(state, status || 'not genuine');
}

/* ---- platforms, and what becomes of them */

/* When: a day, or what must happen first. */
function fail_when(fail, judged_at) {
	if (fail.kind === 'refused')
		return 'already';
	if (fail.on)
		return in_days(days_from(judged_at, fail.on));
	return fail.evaluation ? `with evaluation ${fail.evaluation}` : 'some day';
}
function fail_state(fail, judged_at) {
	return fail.kind === 'refused' || (fail.on && days_from(judged_at, fail.on) < 14) ? 'bad' : 'warn';
}
/* What is refused already comes first, what has no date last. */
const fail_order = fail => (fail.kind === 'refused' ? '' : fail.on || '~');

function forecast_card(fail, judged_at) {
	const then = fail.status_then && fail.status_then !== fail.status_now
		? status_chip(fail.status_then) : chip('bad', 'refused');

	return el('li', { class: `card s-${fail_state(fail, judged_at)}` },
		el('div', { class: 'card-top' },
			el('span', { class: 'days' }, fail_when(fail, judged_at)),
			fail.on && el('span', { class: 'soft' }, day(fail.on))),
		el('p', { class: 'turn' }, status_chip(fail.status_now), '→', then),
		el('p', { class: 'data' }, plain(fail.sentence).replace(' -> ', ' → ')),
		(fail.gaps || []).length > 0 && gaps_table(fail.gaps),
		el('p', { class: 'soft' }, 'Platform ', code(fail.id), ' · FMSPC ', code(fail.fmspc)));
}

function forecast_words(f, fails) {
	if ((f.summary || []).length)
		return f.summary;
	if (fails.length)
		return [`${fails.length} of ${f.platforms} platforms will fail.`];
	return [f.platforms ? 'No platform is known to be refused later.'
	                    : 'No platform was judged yet, so there is nothing to forecast.'];
}
/* By which policy; and of how many machines nobody knows what the early documents say. */
function forecast_terms(f) {
	const policy = f.policy || {}, blind = Number(f.without_early);

	return el('p', { class: 'soft' },
		`By what the policy ${plain(policy.name)} asks of machines.`,
		blind > 0 && ` For ${blind} of ${Number(f.judged)} there are no early documents: what they will ask is not known.`);
}
function forecast_part(f) {
	const fails = [...(f.refusals || []).slice(0, 30), ...(f.fail || [])]
		.sort((a, b) => (fail_order(a) < fail_order(b) ? -1 : 1));
	const states = fails.map(fail => fail_state(fail, f.judged_at));
	const state = f.refused || states.includes('bad') ? 'bad' : fails.length ? 'warn' : f.platforms ? 'ok' : 'none';

	return el('section', { 'aria-label': 'Forecast' },
		el('div', { class: `summary s-${state}` }, mark(state),
			el('ul', {}, ...forecast_words(f, fails).map(text => el('li', { class: 'data' }, text)))),
		f.policy && forecast_terms(f),
		fails.length > 0 && el('ul', { class: 'cards' },
			...fails.slice(0, 90).map(fail => forecast_card(fail, f.judged_at))));
}

function platform_row(p) {
	return [
		code(p.id), p.tee, code(p.fmspc), status_chip(p.status),
		p.accepted === false ? chip('bad', 'no') : chip('ok', 'yes'),
		minute(p.first_seen), minute(p.last_seen), p.seen,
	];
}
const PLATFORM_COLUMNS = [
	['Platform'], ['Kind'], ['FMSPC'], ['Status'], ['Accepted'],
	['First seen', 'when'], ['Last seen', 'when'], ['Times', 'number'],
];

async function more_platforms(where, rows, after) {
	const { platforms = [], next } = await ask_json(query('v1/platforms', { after }));
	const more = () => attempt(where, () => more_platforms(where, rows, next));

	rows.push(...platforms.map(platform_row));
	where.replaceChildren(rows.length
		? list(PLATFORM_COLUMNS, rows, next && button('plain small', 'More', more))
		: empty('No evidence was judged here yet.'));
}
async function load_forecast(where) {
	where.replaceChildren(forecast_part(await ask_json('v1/forecast')));
}
async function load_platforms(where) {
	const soon = el('div', {}), seen = el('div', {});

	await more_platforms(seen, []);
	where.replaceChildren(soon, part('Seen', '', seen));
	await attempt(soon, () => load_forecast(soon));
}

/* ---- policies */

async function show_policy(where, policy) {
	const path = `v1/policies/${encodeURIComponent(policy.name)}`;
	const text = await ask_text(query(path, { version: policy.version }));

	where.replaceChildren(part(`${plain(policy.name, 80)}, version ${plain(policy.version, 20)}`, '',
		el('div', { class: 'card' }, verbatim(text, 'policy-text'))));
	where.querySelector('pre').focus({ preventScroll: true });
	where.scrollIntoView({ block: 'nearest' });
}
const POLICY_COLUMNS = [['Name'], ['Version', 'number'], ['Made', 'when'], ['By'], ['Hash']];
const NO_POLICY = 'There is no policy but the one that is built in: a real machine that is up to date, ' +
	'not in debug mode, and the code named by who asks.';
async function load_policies(where) {
	const { policies = [] } = await ask_json('v1/policies');
	const text = el('div', {});
	const row = p => [
		button('open data', plain(p.name, 80), () => attempt(text, () => show_policy(text, p))),
		p.version, minute(p.made), data(p.by, 80), code(p.hash),
	];

	where.replaceChildren(
		policies.length ? list(POLICY_COLUMNS, policies.map(row)) : empty(NO_POLICY), text);
}
async function fill_policies() {
	try {
		const { policies = [] } = await ask_json('v1/policies');
		const names = [...new Set(policies.map(p => p.name))].filter(name => name !== 'default');

		$('policy').replaceChildren(el('option', { value: '' }, 'default'),
			...names.map(name => el('option', { value: name }, plain(name, 60))));
	} catch {
		/* who may not read policies can name none */
	}
}

/* ---- collateral */

function age_meter(set, now) {
	const until = Date.parse(set.fresh_until);
	const from = Date.parse(set.fetched ?? '') || until - 30 * DAY;
	const left = Math.trunc((until - now) / DAY);
	const state = now >= until ? 'bad' : left < 7 ? 'warn' : 'ok';
	const share = (until - now) / Math.max(DAY, until - from);

	if (!Number.isFinite(until))
		return '–';
	const bar = draw('rect', {
		class: 'span', width: Math.round(100 * Math.min(1, Math.max(0.02, share))), height: 6,
	});
	return el('span', { class: `s-${state}` },
		el('span', { class: 'meter', 'aria-hidden': 'true' },
			draw('svg', { viewBox: '0 0 100 6', preserveAspectRatio: 'none' }, bar)),
		state === 'ok' ? in_days(left) : chip(state, `${now >= until ? 'ended ' : ''}${in_days(left)}`));
}
const age_of = (time, now) => (time ? in_days(Math.trunc((Date.parse(time) - now) / DAY)) : '');

const SET_COLUMNS = [
	['Kind'], ['FMSPC'], ['CA'], ['Set'], ['Evaluation', 'number'], ['Fetched', 'when'], ['Ends'], ['From'],
];
function set_row(set, now) {
	return [
		set.tee, code(set.fmspc), plain(set.ca, 20), plain(set.update, 20), plain(set.evaluation, 20),
		[day(set.fetched), ' ', soft(age_of(set.fetched, now))], age_meter(set, now),
		[data(set.from, 100), set.simulation ? [' ', chip('warn', 'simulation')] : ''],
	];
}
async function load_collateral(where) {
	const { sets = [] } = await ask_json('v1/collateral');
	const now = Date.now();

	where.replaceChildren(sets.length
		? list(SET_COLUMNS, sets.map(set => set_row(set, now)))
		: empty('No documents yet: they are fetched when evidence of a family of machines comes.'));
}

/* ---- the log, and the proof that nobody changed it */

const can_hash = () => Boolean(globalThis.crypto?.subtle);
const bytes_hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');
async function sha256(...parts) {
	return new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer()));
}
const ZERO = Uint8Array.of(0), ONE = Uint8Array.of(1);
/* RFC 6962: 00 before a leaf, 01 before a node. */
const leaf_hash = line => sha256(ZERO, line);
const node_hash = (left, right) => sha256(ONE, left, right);

/* The root of the tree over the leaves: the largest power of two goes left. */
async function tree_root(leaves) {
	let row = leaves;

	if (!row.length)
		return sha256();
	while (row.length > 1) {
		const above = [];

		for (let i = 0; i < row.length; i += 2)
			above.push(i + 1 < row.length ? await node_hash(row[i], row[i + 1]) : row[i]);
		row = above;
	}
	return row[0];
}

function from_base64url(text) {
	const binary = atob(String(text).replace(/-/g, '+').replace(/_/g, '/'));

	return Uint8Array.from(binary, c => c.charCodeAt(0));
}
function read_head(head) {
	try {
		const [header, claims, signature] = String(head).split('.');
		const json = part64 => JSON.parse(new TextDecoder().decode(from_base64url(part64)));

		return {
			header: json(header), claims: json(claims), signature: from_base64url(signature),
			signed: new TextEncoder().encode(`${header}.${claims}`),
		};
	} catch {
		return null;
	}
}
/* The same key signs tokens, which are no heads. */
const HEAD_TYPE = 'assay-log-head+jwt';
async function head_signed(head) {
	const { keys = [] } = await ask_json('.well-known/jwks.json');
	const key = keys.find(k => k.kid === head.header.kid) || null;

	if (!key || key.kty !== 'EC' || head.header.alg !== 'ES256' || head.header.typ !== HEAD_TYPE)
		return false;
	const jwk = { kty: key.kty, crv: key.crv, x: key.x, y: key.y };
	const curve = { name: 'ECDSA', namedCurve: 'P-256' };
	const imported = await crypto.subtle.importKey('jwk', jwk, curve, false, ['verify']);
	const by = { name: 'ECDSA', hash: 'SHA-256' };
	return crypto.subtle.verify(by, imported, head.signature, head.signed);
}

/*
 * The entries as they stand, byte for byte: what an entry's hash is of.  The
 * answer's text is scanned, since JSON that is read and written again may be
 * spelt in another way.
 */
function raw_entries(text) {
	const at = text.indexOf('[', text.indexOf('"entries"'));
	const entries = [];
	let depth = 0, start = 0, quoted = false;

	for (let i = at; i >= 0 && i < text.length; i++) {
		const c = text[i];

		if (quoted) {
			if (c === '\\')
				i++;
			else if (c === '"')
				quoted = false;
		} else if (c === '"') {
			quoted = true;
		} else if (c === '{' || c === '[') {
			if (++depth === 2)
				start = i;
		} else if (c === '}' || c === ']') {
			if (--depth === 1)
				entries.push(text.slice(start, i + 1));
			if (depth === 0)
				break;
		}
	}
	return entries;
}

const LOG_MOST = 50;
async function read_log(from, most) {
	const text = await ask_text(query('v1/log', { from, most }));
	const answer = read_json(text);
	const entries = answer.entries || [];
	const texts = entries.every(entry => typeof entry === 'string');

	return { head: answer.head, size: Number(answer.size) || 0, lines: texts ? entries : raw_entries(text) };
}

function log_row(line) {
	let entry = {};

	try {
		entry = JSON.parse(line);
	} catch {
		/* shown as it stands */
	}
	return [
		entry.number, minute(entry.time), data(entry.what ?? line, 200), data(entry.who || '–', 140),
		el('details', {}, el('summary', {}, 'the entry'), el('code', { class: 'data' }, plain(line, 20000))),
	];
}

const LOG_COLUMNS = [['Number', 'number'], ['Time', 'when'], ['What'], ['Who'], ['']];

async function load_log(where) {
	const { size } = await read_log(0, 1);

	await show_log(where, Math.max(0, size - LOG_MOST));
}
/* What leads to newer and to older entries. */
function log_pages(where, from, size) {
	const page = (text, to, none) => {
		const go = button('plain small', text, () => attempt(where, () => show_log(where, to)));

		go.disabled = none;
		return go;
	};

	return size > LOG_MOST && el('div', { class: 'buttons' },
		page('Newer', Math.min(size - LOG_MOST, from + LOG_MOST), from + LOG_MOST >= size),
		page('Older', Math.max(0, from - LOG_MOST), from === 0));
}
const NO_SUBTLE = 'This browser verifies over HTTPS or on localhost only: assay audit verify does the same.';
async function show_log(where, from) {
	const { size, head: newest, lines } = await read_log(from, LOG_MOST);
	const head = read_head(newest);
	const proofs = el('ul', { class: 'card proofs', 'aria-live': 'polite', hidden: true });
	const verify = button('main small', 'Verify in this browser', () => prove_log(proofs, verify));
	const signed = head ? `, head signed ${minute(time_of(head.claims.time))} UTC` : '';
	const entries = () => part('Entries', '',
		list(LOG_COLUMNS, [...lines].reverse().map(log_row), log_pages(where, from, size)));

	where.replaceChildren(
		el('div', { class: 'toolbar' },
			can_hash() ? verify : el('p', { class: 'soft' }, NO_SUBTLE), soft(`${size} entries${signed}`)),
		proofs,
		size ? entries() : empty('Nothing happened yet that is logged.'),
		head ? el('section', { class: 'part' },
			raw('The signed head', `${JSON.stringify(head.claims, null, 2)}\n\n${newest}`)) : '');
}
const time_of = time => (typeof time === 'number' ? new Date(time * 1000).toISOString() : time);

/* All entries, from the first: at most so many that a browser can hold. */
const PROVE_MOST = 100000;
async function all_lines(size, tell) {
	const lines = [];

	while (lines.length < Math.min(size, PROVE_MOST)) {
		const { lines: some } = await read_log(lines.length, 500);

		if (!some.length)
			break;
		lines.push(...some);
		tell(`Reading: ${lines.length} of ${size} entries`);
	}
	return lines.slice(0, size);
}
/* The number of the first entry that does not name the one before, or -1. */
function broken_link(lines, leaves) {
	for (let i = 0; i < lines.length; i++) {
		const entry = JSON.parse(lines[i]);
		const before = i ? bytes_hex(leaves[i - 1]) : '0'.repeat(64);

		if (entry.number !== i || entry.before !== before)
			return i;
	}
	return -1;
}

/* Sentences, each with its state: what of the log holds. */
async function prove(tell) {
	const head = read_head((await read_log(0, 1)).head);

	if (!head)
		return [['bad', 'The head cannot be read: nothing says how the log was.']];
	const size = Number(head.claims.size) || 0;
	const lines = await all_lines(size, tell);
	const encoder = new TextEncoder();
	const leaves = [];
	for (const line of lines)
		leaves.push(await leaf_hash(encoder.encode(line)));
	const broken = broken_link(lines, leaves);
	const root = bytes_hex(await tree_root(leaves));
	return [
		broken < 0
			? ['ok', `Each of the ${lines.length} entries names the one before it by its hash.`]
			: ['bad', `Entry ${broken} does not name the one before it: the log was changed there.`],
		lines.length === size && root === head.claims.root
			? ['ok', `The tree over all of them has the root that the head names: ${shorten(root, 16)}.`]
			: ['bad', `The tree over ${lines.length} entries has the root ${shorten(root, 16)}, and the head, ` +
				`over ${size}, names another: entries were changed, or left out.`],
		await head_signed(head)
			? ['ok', 'The head is signed by the service’s key. Keep it: with it you can show later that ' +
				'nothing was taken back.']
			: ['bad', 'The head’s signature is not by a key of this service.'],
	];
}
async function prove_log(where, by) {
	const say = said => where.replaceChildren(...said.map(([state, text]) =>
		el('li', { class: `s-${state}` }, mark(state), el('span', {}, text))));

	where.hidden = false;
	by.setAttribute('aria-busy', 'true');
	try {
		say(await prove(text => say([['none', text]])));
	} catch (problem) {
		say([['bad', problem instanceof Problem ? `${problem.title}. ${problem.detail || ''}`
		                                        : 'An entry cannot be read: the log was changed.']]);
	}
	by.removeAttribute('aria-busy');
}

/* ---- tabs */

const LOADERS = {
	platforms: load_platforms, policies: load_policies, log: load_log, collateral: load_collateral,
};
const TABS = ['evidence', ...Object.keys(LOADERS)];

async function load_tab(name) {
	const body = $(name).querySelector('.body');

	body.replaceChildren(el('p', { class: 'busy', role: 'status' }, 'Asking the service …'));
	await attempt(body, () => LOADERS[name](body));
}
function show_tab(name) {
	hide_tip();
	for (const other of TABS) {
		const here = other === name;
		const tab = $(`tab-${other}`);

		$(other).hidden = !here;
		tab.setAttribute('aria-selected', here);
		tab.setAttribute('tabindex', here ? 0 : -1);
	}
	$(`tab-${name}`).scrollIntoView({ block: 'nearest', inline: 'nearest' });
	if (location.hash !== `#${name}`)
		history.replaceState(null, '', `#${name}`);
	if (LOADERS[name])
		load_tab(name);
}
function start_tabs() {
	for (const name of TABS) {
		const tab = $(`tab-${name}`);

		fill($(name), { role: 'tabpanel', 'aria-labelledby': `tab-${name}` }, []);
		tab.addEventListener('click', () => show_tab(name));
		tab.addEventListener('keydown', event => {
			const here = TABS.indexOf(name);
			const next = {
				ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: TABS.length - 1,
			}[event.key];

			if (next === undefined)
				return;
			event.preventDefault();
			const to = TABS[(next + TABS.length) % TABS.length];
			$(`tab-${to}`).focus();
			show_tab(to);
		});
	}
	const from_hash = () => {
		const name = location.hash.slice(1);

		if (TABS.includes(name))
			show_tab(name);
		return TABS.includes(name);
	};
	window.addEventListener('hashchange', from_hash);
	if (!from_hash()) {
		$('tab-evidence').setAttribute('aria-selected', 'true');
		for (const name of TABS)
			$(`tab-${name}`).setAttribute('tabindex', name === 'evidence' ? 0 : -1);
	}
}

/* ---- the API key, the theme, paper */

let after_key = null;
function open_key(then) {
	after_key = then || null;
	$('key-value').value = session.get();
	$('key').showModal();
}
function start_key() {
	const tell = () => {
		$('key-open').textContent = session.get() ? 'API key: set' : 'API key';
	};

	$('key-open').addEventListener('click', () => open_key());
	$('key').addEventListener('close', () => {
		const how = $('key').returnValue;

		if (how === 'use')
			session.set($('key-value').value.trim());
		else if (how === 'forget')
			session.set('');
		$('key-value').value = '';
		tell();
		if (how === 'use' || how === 'forget') {
			fill_policies();
			if (after_key)
				after_key();
		}
		after_key = null;
	});
	tell();
}
function start_theme() {
	const button = $('theme');
	const tell = () => {
		button.textContent = { system: 'Auto', light: 'Light', dark: 'Dark' }[theme];
		button.setAttribute('aria-label', `Colours: ${theme === 'system' ? 'as the system' : theme}. Change`);
	};

	button.addEventListener('click', () => {
		theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
		try {
			localStorage.setItem('theme', theme);
		} catch {
			/* kept until the page is left */
		}
		apply_theme();
		tell();
	});
	tell();
}

/* Paper has nothing to open. */
function open_details() {
	for (const details of document.querySelectorAll('#result details'))
		details.open = true;
}

document.addEventListener('DOMContentLoaded', () => {
	for (const node of document.querySelectorAll('.origin'))
		node.textContent = location.origin;
	document.addEventListener('keydown', event => event.key === 'Escape' && hide_tip());
	window.addEventListener('resize', hide_tip);
	window.addEventListener('beforeprint', open_details);
	start_theme();
	start_key();
	start_tabs();
	start_asking();
	load_checks();
	fill_policies();
});
