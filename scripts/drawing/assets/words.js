"use strict";
// All texts of the pages, in English and Japanese, selected by the browser's language. {0}, {1}: arguments.

const WORDS = {
  en: {
    title: "Draw an animal", intro: "Draw lines. The image follows your strokes.",
    introWeb: "Draw lines. Your browser makes the image; nothing leaves your device.",
    pen: "Pen", eraser: "Eraser", brush: "Brush", bucket: "Fill", width: "Width", undo: "Undo", redo: "Redo",
    clear: "Clear", open: "Open image", camera: "Camera", fit: "Whole drawing", example: "Example {0}",
    canvas: "Canvas to draw on", anyColor: "Any color", noColor: "No color", colors: "Coat",
    white: "White", cream: "Cream", golden: "Golden", chestnut: "Chestnut", bay: "Brown", black: "Black",
    gray: "Gray", fox: "Fox red", orange: "Orange", green: "Snake green", teal: "Teal", blue: "Blue gray",
    more: "Other colors", again: "Another one", samples: "Images at once", advanced: "Advanced",
    epoch: "Checkpoint", dropout: "Dropout (small random changes)", thin: "Reduce strokes to lines one pixel wide",
    coat: "Brown coat where there is no color", sees: "Show the generator's input", input: "Lines and colors", lines: "Save the edge map for test.py",
    save: "Save", share: "Share", as: "Save as", what: "What", size: "Size", image: "Image", drawing: "Drawing",
    both: "Drawing and image", svg: "Drawing as SVG", clearGround: "Transparent background",
    asMade: "{0} px", finer: "{0} px, finer", enlarged: "{0} px, enlarged", enlarging: "Making the large image …",
    copyLink: "Copy the link of this page", copied: "The link is copied.",
    publish: "For a page with a link that everybody can open: python scripts/export_web.py --name {0} --output site (docs/export.md).",
    blank: "The canvas is blank.", short: "The lines are too short: keep drawing.",
    loading: "Loading: {0} %", starting: "Starting the generator …", failed: "Failed: {0}",
    fromFile: "Browsers cannot load the page from a file: serve this folder, for example with 'python -m http.server'.",
    notLoaded: "The generator cannot be loaded: {0}", noServer: "The server does not answer: is draw.py still running?",
    serverSaid: "{0}", back: "Your last drawing is back.", anew: "Start a new one",
    full: "This browser has no room left to keep the drawing: save it before you leave.",
    reading: "Reading the image …", noLines: "No lines were found in this image.",
    found: "The canvas shows the lines and colors that were found.",
    coated: "The canvas shows the lines that were found. There were no colors, so a coat was added. You can color it with Fill.", kind: "This is", keepLines: "Lines kept", sheet: "Sheet", frame: "Part that is used",
    photo: "a photo", lineart: "a drawing", edges: "an edge map", paper: "a drawing on paper",
    cropHint: "Drag over the image to use only a part.", use: "Use this", whole: "Whole image", cancel: "Cancel", close: "Close",
    drop: "Drop images here", heic: "Browsers other than Safari cannot read HEIC: save it as JPEG first (on an iPhone: "
      + "Settings, Camera, Formats, Most Compatible).",
    pdf: "This is a PDF: take a screenshot of the page, or save it as PNG, and open that.",
    unreadable: "The browser cannot read this as an image: PNG, JPEG, WebP, GIF, BMP and SVG work.",
    openArea: "This area has a gap or reaches the edge: close its outline, or use the brush.",
    many: "Image {0} of {1}: {2}", ready: "{0} of {1} images are done.", openGallery: "Open the gallery",
    saveGallery: "Save the gallery", galleryTitle: "{0} animals", editable: "Click on the title or a name to change it, then print.", notUsed: "Could not be used: {0}", print: "Print or save as PDF",
    generated: "Generated image {0}", original: "The image as it was opened",
  },
  ja: {
    title: "動物を描こう", intro: "線を描くと、画像がついてきます。",
    introWeb: "線を描くと、ブラウザの中で画像ができます。データは外に送られません。",
    pen: "ペン", eraser: "消しゴム", brush: "ブラシ", bucket: "塗りつぶし", width: "太さ", undo: "元に戻す", redo: "やり直す",
    clear: "全部消す", open: "画像を開く", camera: "カメラ", fit: "全体を表示", example: "例 {0}",
    canvas: "描くところ", anyColor: "好きな色", noColor: "色なし", colors: "毛の色",
    white: "白", cream: "クリーム", golden: "金色", chestnut: "栗色", bay: "茶色", black: "黒",
    gray: "灰色", fox: "きつね色", orange: "オレンジ", green: "へびの緑", teal: "青緑", blue: "青灰色",
    more: "ほかの色にする", again: "もう一枚", samples: "一度に作る枚数", advanced: "詳しい設定",
    epoch: "チェックポイント", dropout: "ドロップアウト(小さなランダムな変化)", thin: "線を1ピクセルの細さにする",
    coat: "色のないところを茶色の毛にする", sees: "生成器への入力を表示", input: "線と色", lines: "test.py 用のエッジ画像を保存",
    save: "保存", share: "共有", as: "保存の種類", what: "内容", size: "大きさ", image: "画像", drawing: "絵",
    both: "絵と画像", svg: "絵 (SVG)", clearGround: "背景を透明にする",
    asMade: "{0} px", finer: "{0} px(細部)", enlarged: "{0} px(拡大)", enlarging: "大きな画像を作っています …",
    copyLink: "このページのリンクをコピー", copied: "リンクをコピーしました。",
    publish: "だれでも開けるページを作るには: python scripts/export_web.py --name {0} --output site (docs/export.md)",
    blank: "まだ何も描かれていません。", short: "線が短すぎます。続けて描いてください。",
    loading: "読み込み中: {0} %", starting: "生成器を準備しています …", failed: "失敗しました: {0}",
    fromFile: "ファイルとして開くと動きません。'python -m http.server' などで公開して開いてください。",
    notLoaded: "生成器を読み込めません: {0}", noServer: "サーバーが応答しません。draw.py は動いていますか。",
    serverSaid: "サーバーからのメッセージ: {0}", back: "前回の絵を開きました。", anew: "新しく描く",
    full: "ブラウザに絵を残す場所がありません。閉じる前に保存してください。",
    reading: "画像を読んでいます …", noLines: "この画像には線が見つかりません。",
    found: "読み取った線と色が描くところに出ています。", coated: "読み取った線が描くところに出ています。色がないので、毛の色をつけました。「塗りつぶし」で変えられます。", kind: "これは", keepLines: "残す線", sheet: "紙", frame: "使う部分",
    photo: "写真", lineart: "絵", edges: "エッジ画像", paper: "紙に描いた絵",
    cropHint: "画像の上をドラッグすると、その部分だけを使います。", use: "これを使う", whole: "画像全体", cancel: "やめる", close: "閉じる",
    drop: "ここに画像をドロップ", heic: "HEIC は Safari でしか読めません。JPEG で保存してから開いてください"
      + "(iPhone: 設定 → カメラ → フォーマット → 互換性優先)。",
    pdf: "PDF です。ページのスクリーンショットか PNG を開いてください。",
    unreadable: "読めない画像です。PNG、JPEG、WebP、GIF、BMP、SVG が使えます。",
    openArea: "線にすき間があるか、端まで開いています。線を閉じるか、ブラシを使ってください。",
    many: "{1} 枚中 {0} 枚目: {2}", ready: "{1} 枚中 {0} 枚ができました。", openGallery: "一覧を開く",
    saveGallery: "一覧を保存", galleryTitle: "{0} 匹の動物", editable: "タイトルや名前は、クリックして書きかえてから印刷できます。", notUsed: "使えなかったもの: {0}", print: "印刷・PDF に保存",
    generated: "生成された画像 {0}", original: "開いた画像",
  },
};

const LANGUAGE = navigator.language.startsWith("ja") ? "ja" : "en";

/** The page's text for a key, in the visitor's language. */
function say(key, ...values) {
  return WORDS[LANGUAGE][key].replace(/\{(\d)\}/g, (_, i) => values[i]);
}
